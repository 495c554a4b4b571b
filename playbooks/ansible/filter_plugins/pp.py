"""Filters of pp's playbooks: what the survey found, and values written into configuration files and SQL."""

import base64
import hashlib
import hmac
import re


def surveys(hosts, hostvars):
    """{host: what its survey found}, without the hosts that did not answer or are outside --limit."""
    found = {host: hostvars[host].get('pp_survey') for host in hosts if host in hostvars}
    return {host: survey for host, survey in found.items() if survey and 'has_data' in survey}


def hosts_where(surveyed, key, value):
    """Names of the hosts whose survey says so, in inventory order."""
    return [host for host, survey in surveyed.items() if survey[key] is value]


def scram_verifier(password, role, iterations=4096):
    """
    What PostgreSQL stores and PgBouncer checks instead of the password.

    The salt follows from password and role, so that every host and every run gets the same text: PgBouncer can log
    in to a server only where both hold the same verifier, and an unchanged password must be no change.
    """
    secret = password.encode('ascii')
    salt = hmac.new(secret, b'pp scram salt ' + role.encode(), hashlib.sha256).digest()[:16]
    salted = hashlib.pbkdf2_hmac('sha256', secret, salt, iterations)
    client_key = hmac.new(salted, b'Client Key', hashlib.sha256).digest()
    server_key = hmac.new(salted, b'Server Key', hashlib.sha256).digest()
    stored, server, salt = (base64.b64encode(part).decode() for part in (
        hashlib.sha256(client_key).digest(), server_key, salt))
    return f'SCRAM-SHA-256${iterations}:{salt}${stored}:{server}'


def pgpass(value):
    """A field of a .pgpass file."""
    return value.replace('\\', '\\\\').replace(':', '\\:')


def quote_literal(value):
    """A string constant: SQL's, and that of postgresql.conf."""
    return "'" + str(value).replace("'", "''") + "'"


def standby_name(host):
    """A host in synchronous_standby_names; what is not a plain identifier needs quotes there."""
    return host if re.fullmatch(r'[a-z_][a-z0-9_]*', host) else '"' + host.replace('"', '""') + '"'


def slot_name(host):
    """The replication slot of a standby: PostgreSQL allows lower case, digits and underscores."""
    return re.sub(r'[^a-z0-9_]', '_', host.lower())


def conninfo(settings):
    """A libpq connection string."""
    quoted = (str(value).replace('\\', '\\\\').replace("'", "\\'") for value in settings.values())
    plain = re.compile(r'[\w./:-]+')
    return ' '.join(f'{key}={value}' if plain.fullmatch(value) else f"{key}='{value}'"
                    for key, value in zip(settings, quoted))


class FilterModule:
    def filters(self):
        return {
            'pp_surveys': surveys,
            'pp_hosts_where': hosts_where,
            'scram_verifier': scram_verifier,
            'pgpass': pgpass,
            'quote_literal': quote_literal,
            'standby_name': standby_name,
            'slot_name': slot_name,
            'conninfo': conninfo,
        }
