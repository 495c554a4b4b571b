"""lookup('pp_program', 'pp-host', 'pp_host'): a program that consists of several files, by name and content."""

import os

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = '''
name: pp_program
short_description: a file and the Python modules of a folder, by their names
description: What pp_files takes as the files of a program. They lie in the role's folder files.
options:
  _terms:
    description: names of files, and of folders whose modules are meant
    required: true
'''


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        found = {}
        for term in terms:
            path = self.find_file_in_search_path(variables, 'files', term)
            folder, name = os.path.split(path)
            is_folder = os.path.isdir(path)
            modules = [f'{name}/{one}' for one in sorted(os.listdir(path)) if one.endswith('.py')] if is_folder else [name]
            found.update({one: content(os.path.join(folder, one)) for one in modules})
        return [found]


def content(path):
    with open(path, encoding='utf-8', newline='') as file:
        return file.read()
