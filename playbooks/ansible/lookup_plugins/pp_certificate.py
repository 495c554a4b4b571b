"""lookup('pp_certificate', owner, authority='backup', names=[…]): a key and a certificate, made where they are missing."""

import contextlib
import datetime
import fcntl
import ipaddress
import os
import stat
import tempfile

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOCUMENTATION = '''
name: pp_certificate
short_description: key, certificate and authority of a host or a program, as PEM
description:
  - They lie in a folder of pp_secrets_directory that is called like the authority, with that authority's own key. What is there
    is kept until it ends within a month, or what it says has changed.
  - A dry run makes them in memory alone.
options:
  _terms:
    description: owners; their files are called so, and where no user is given it is what servers know them by
    required: true
  authority:
    description: who signs
    type: str
    required: true
  names:
    description: names and addresses that others connect to; none for what only connects to others
    type: list
    elements: str
    default: []
  user:
    description: what servers know the owner by
    type: str
  group:
    description: the group that the user is in, where servers look for one
    type: str
'''

AUTHORITY_DAYS = 3650
HOST_DAYS = 730
RENEWED_BEFORE = datetime.timedelta(days=30)


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        secrets = self._templar.template(variables['pp_secrets_directory'])
        folder = Folder(os.path.join(secrets, self.get_option('authority')), bool(variables.get('ansible_check_mode')))
        names, group = sorted(set(self.get_option('names'))), self.get_option('group')
        with folder.locked():
            return [certified(folder, owner, subject(self.get_option('user') or owner, group), names) for owner in terms]


class Folder:
    """Where keys and certificates lie on the controller."""

    def __init__(self, path, is_dry):
        self.path = path
        self.is_dry = is_dry

    @contextlib.contextmanager
    def locked(self):
        """Hosts are worked at side by side, and there is one authority."""
        if self.is_dry and not os.path.isdir(self.path):
            yield
            return
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self, name):
        path = os.path.join(self.path, name)
        try:
            with open(path, 'rb') as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AnsibleError(f'{path} cannot be read: {error.strerror}.') from error
        if name.endswith('.key') and mode & 0o077:
            raise AnsibleError(f'The key {path} has mode {mode:04o}; others must not read it: chmod 600 {path}')
        return content

    def write(self, name, content):
        if self.is_dry:
            return
        descriptor, temporary = tempfile.mkstemp(dir=self.path)  # mode 0600
        try:
            with os.fdopen(descriptor, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, os.path.join(self.path, name))
        except BaseException:
            os.unlink(temporary)
            raise


def subject(user, group):
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def certified(folder, owner, name, names):
    authority_key, authority = authority_of(folder)
    key, certificate = load(folder, owner)
    if key is None or not is_sound(certificate, key, authority, name, names):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = sign(key, name, names, authority_key, authority)
        # Their order is free: a pair that does not fit is made anew.
        folder.write(f'{owner}.key', key_pem(key))
        folder.write(f'{owner}.crt', pem(certificate))
    return {'key': key_pem(key).decode(), 'certificate': pem(certificate).decode(), 'authority': pem(authority).decode()}


def authority_of(folder):
    key, certificate = load(folder, 'authority')
    if key is not None and certificate is not None and public(key) == public(certificate):
        return key, certificate
    if folder.read('authority.key') or folder.read('authority.crt'):
        raise AnsibleError(f'{folder.path}/authority.key and authority.crt do not belong together. Put them back from a copy, or remove '
                           'both and play the playbook on all hosts: every host then gets a new certificate.')
    key = ec.generate_private_key(ec.SECP256R1())
    name = subject(f'{os.path.basename(folder.path)} of pp', None)
    certificate = (
        builder(name, name, key, datetime.timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.write('authority.key', key_pem(key))
    folder.write('authority.crt', pem(certificate))
    return key, certificate


def sign(key, name, names, authority_key, authority):
    days = min(datetime.timedelta(days=HOST_DAYS), end_of(authority) - now())
    unsigned = (
        builder(name, authority.subject, key, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    if names:
        unsigned = unsigned.add_extension(alternative_names(names), critical=False)
    return unsigned.sign(authority_key, hashes.SHA256())


def builder(subject, issuer, key, lasts):
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A host's clock may be behind.
        .not_valid_before(now() - datetime.timedelta(days=1)).not_valid_after(now() + lasts)
    )


def alternative_names(names):
    """pgBackRest compares an address as if it were a name, other programs do not: so it stands there as both."""
    found = [x509.DNSName(name) for name in names]
    for name in names:
        with contextlib.suppress(ValueError):
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
    return x509.SubjectAlternativeName(found)


def usage(**wanted):
    kinds = ('digital_signature', 'content_commitment', 'key_encipherment', 'data_encipherment', 'key_agreement', 'key_cert_sign',
             'crl_sign', 'encipher_only', 'decipher_only')
    return x509.KeyUsage(**{kind: wanted.get(kind, False) for kind in kinds})


def is_sound(certificate, key, authority, name, names):
    if certificate is None or public(certificate) != public(key) or end_of(certificate) - now() < RENEWED_BEFORE:
        return False
    if certificate.subject != name:
        return False
    try:
        authority.public_key().verify(
            certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(certificate.signature_hash_algorithm))
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except InvalidSignature:
        return False
    except x509.ExtensionNotFound:
        return not names
    return found == alternative_names(names)


def load(folder, name):
    """Key and certificate, each None where it is missing or unreadable as such."""
    key, certificate = folder.read(f'{name}.key'), folder.read(f'{name}.crt')
    try:
        key = key and serialization.load_pem_private_key(key, password=None)
        certificate = certificate and x509.load_pem_x509_certificate(certificate)
    except ValueError:
        return None, None
    return key or None, certificate or None


def public(holder):
    return holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def end_of(certificate):
    if hasattr(certificate, 'not_valid_after_utc'):
        return certificate.not_valid_after_utc
    return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
