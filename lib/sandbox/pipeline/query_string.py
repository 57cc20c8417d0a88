"""Query strings as Enrich reads them: parameters end at `&` or `;`, and the last of a name counts.

Source: `URLEncodedUtils` of Apache HttpClient, which Loader and ConversionUtils in snowplow/enrich
call.
"""

from urllib.parse import parse_qsl


def query_parameters(query: str, *, is_blank_kept: bool = False) -> dict[str, str]:
    """The parameters of a query string that have a value; the others too, if they are kept.

    >>> query_parameters("e=pv;page=a+b&page=%C3%A9&aid=")
    {'e': 'pv', 'page': 'é'}
    """
    return dict(parse_qsl(query.replace(";", "&"), keep_blank_values=is_blank_kept))
