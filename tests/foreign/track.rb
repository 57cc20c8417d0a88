# Tracks with the Ruby tracker; prints how many events each request brought, and those that failed.
# ruby track.rb '{"endpoint": "127.0.0.1:8085", "user": …, "method": "post", "priorities": ["high"]}'

require 'json'
require 'snowplow-tracker'

SnowplowTracker::LOGGER.level = Logger::ERROR

told = JSON.parse(ARGV[0])
said = { version: SnowplowTracker::VERSION, sent: [], failed: [] }

emitter = SnowplowTracker::Emitter.new(
  told['endpoint'],
  method: told['method'],
  on_success: ->(count) { said[:sent] << count },
  on_failure: ->(_, events) { said[:failed].concat(events) }
)
person = SnowplowTracker::Subject.new.set_user_id(told['user'])
tracker = SnowplowTracker::Tracker.new(emitter, person, 'ruby-app', 'ruby-app-backend')

def described(name, data)
  SnowplowTracker::SelfDescribingJson.new("iglu:com.example/#{name}/jsonschema/1-0-0", data)
end

project = described('project', 'project_id' => 'p1', 'plan' => 'free')
tracker.track_page_view('https://shop.example/hats?utm_source=letter', 'Hüte', 'https://search.example/')
tracker.track_struct_event('shop', 'click', 'naïve', nil, 1.5)
told['priorities'].each_with_index do |priority, number|
  task = described('task_completed', 'task_id' => "t-ü#{number}", 'priority' => priority)
  tracker.track_self_describing_event(task, [project])
end
tracker.flush

puts said.to_json
