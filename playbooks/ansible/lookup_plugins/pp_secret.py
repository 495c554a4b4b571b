"""lookup('pp_secret', role): the role's password, from the file of that name in pp_secrets_directory."""

import os
import stat

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = '''
name: pp_secret
short_description: password of a database role, from a file only its owner can read
description: The file lies on the controller, in pp_secrets_directory, and is named after the role.
options:
  _terms:
    description: roles
    required: true
'''


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        folder = self._templar.template(variables['pp_secrets_directory'])
        return [read_secret(os.path.join(folder, term)) for term in terms]


def read_secret(path):
    try:
        with open(path, encoding='ascii') as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            password = file.read().rstrip('\r\n')
    except OSError as error:
        raise AnsibleError(f'The password file {path} cannot be read: {error.strerror}.') from error
    except UnicodeDecodeError as error:
        # SCRAM prepares other text by rules (SASLprep) that its two ends must agree on.
        raise AnsibleError(f'The password in {path} must be printable ASCII.') from error
    if mode & 0o077:
        raise AnsibleError(f'The password file {path} has mode {mode:04o}; others must not read it: chmod 600 {path}')
    if not password or not password.isprintable():
        raise AnsibleError(f'The password in {path} must be one line of printable ASCII, and not empty.')
    return password
