"""The words of room codes: short, common, and hard to mistake for one another when read aloud.

None is longer than five letters, so that no code can be mistaken for a sandbox token.
"""

TEXT = """
acorn actor album alley amber angel apple april apron arrow atlas attic bacon badge bagel baker
banjo barn basil beach beard bench berry bike bird blaze bloom board boat bonus book boot bowl box
brave bread brick brook broom brush cabin cable camel camp candy cape card cargo cedar chain chalk
charm chef chess cider city clay cliff clock cloud coach coast cobra cocoa coin comet coral couch
cover crane cream crown cube curry daisy dance delta dice diner disco dove drama dream drum eagle
earth easel echo elbow elder ember fable fancy farm fence fern ferry field film fire flag flame
fleet flute foam focus fox frame frog fruit fudge game ghost giant glass globe glove goat gold
grape grass green guava habit happy harp hazel heart hedge hello herb hero hill hippo honey horn
hotel house igloo index iris ivory jazz jelly jewel joker judge juice jumbo kayak king kite kiwi
koala label lake lamp lark laser latte lava lemon lilac lime lion lobby logic lotus lucky lunar
magic mango maple march mask medal melon mercy metal mint mixer model moon motor mouse movie music
nacho navy neon nest noble north novel nurse oasis ocean olive onion opera orbit otter oven owl
paint palm panda paper pasta peach pearl penny piano pilot pink pixel pizza plaza plum poem polar
pond pony poppy prize puppy queen quick quiz radar radio rain raven river robin robot rodeo ruby
rugby sail salad salsa sand satin scarf scout shark shell silk siren skate snail snow soap sofa
solar sonic soup spark spoon squid stage star steam storm sugar sunny surf swan table tango tempo
tent tiger toast tooth torch tower train tulip tuna turbo vapor video villa vinyl visit vivid
voice wagon waltz water whale wheat wing wolf yacht yoga zebra zero
"""
WORDS = tuple(TEXT.split())
