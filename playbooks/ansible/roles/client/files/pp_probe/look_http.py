"""A page and its status. Redirects are not followed: they are a status too."""

import http.client
from urllib.parse import urlsplit

from .clocks import moment

LONGEST_BODY = 1024 * 1024


def look_http(probe, deadline):
    url = urlsplit(probe['url'])
    client = http.client.HTTPSConnection if url.scheme == 'https' else http.client.HTTPConnection
    connection = client(url.hostname, url.port, timeout=max(0.001, deadline - moment()))
    try:
        path = (url.path or '/') + (f'?{url.query}' if url.query else '')
        connection.request('GET', path, headers={'User-Agent': 'pp-probe', 'Connection': 'close'})
        response = connection.getresponse()
        if response.status != probe['status']:
            return f'{response.status}, not {probe["status"]}', None
        if probe.get('contains') is not None and probe['contains'].encode() not in response.read(LONGEST_BODY):
            return f'{response.status}, but the body does not hold the text', None
        return None, str(response.status)
    finally:
        connection.close()
