"""Filters of pp's playbooks: what the survey found, and values written into configuration files and SQL."""

import base64
import hashlib
import hmac
import json
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


def certificate_files(certificates, folder):
    """Files of pp_files: for each name its certificate, the one of its authority, and a key whose content is a secret."""
    files = []
    for name, certificate in certificates.items():
        files.append({'path': f'{folder}/{name}.crt', 'content': certificate['certificate']})
        files.append({'path': f'{folder}/{name}-authority.crt', 'content': certificate['authority']})
    return files + secret_files(certificate_keys(certificates, folder))


def certificate_keys(certificates, folder):
    """Secrets of pp_files: the keys of the same."""
    return {f'{folder}/{name}.key': certificate['key'] for name, certificate in certificates.items()}


def secret_files(secrets):
    """Files of pp_files that only root may read, for contents that are secrets."""
    return [{'path': path, 'mode': '0600'} for path in secrets]


def kubeconfig(certificate, server, cluster):
    """How to reach a cluster and who one is there; the context is called like the cluster."""
    def encoded(key):
        return base64.b64encode(certificate[key].encode()).decode()

    user = {'client-certificate-data': encoded('certificate'), 'client-key-data': encoded('key')}
    return json.dumps({
        'apiVersion': 'v1',
        'kind': 'Config',
        'clusters': [{'name': cluster, 'cluster': {'server': server, 'certificate-authority-data': encoded('authority')}}],
        'users': [{'name': cluster, 'user': user}],
        'contexts': [{'name': cluster, 'context': {'cluster': cluster, 'user': cluster}}],
        'current-context': cluster,
    }, indent=2) + '\n'


class FilterModule:
    def filters(self):
        return {
            'pp_surveys': surveys,
            'pp_hosts_where': hosts_where,
            'pp_certificate_files': certificate_files,
            'pp_certificate_keys': certificate_keys,
            'pp_secret_files': secret_files,
            'pp_kubeconfig': kubeconfig,
            'scram_verifier': scram_verifier,
            'pgpass': pgpass,
            'quote_literal': quote_literal,
            'standby_name': standby_name,
            'slot_name': slot_name,
            'conninfo': conninfo,
        }
