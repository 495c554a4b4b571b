#!/usr/bin/python3
"""Loads images into a node's containerd from archives, where they are missing."""

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_images
short_description: images for Pods that come from files and from no registry
options:
  images: {description: name of each image and file of its archive on the node, type: list, elements: dict, required: true}
'''

RETURN = '''
paths: {description: archives that were loaded, type: list}
'''

CTR = ['ctr', '--namespace', 'k8s.io', 'images']


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'images': {'type': 'list', 'elements': 'dict', 'required': True, 'options': {
            'name': {'type': 'str', 'required': True}, 'file': {'type': 'path', 'required': True}}},
    })
    _, listed, _ = module.run_command([*CTR, 'list', '--quiet'], check_rc=True)
    missing = [image['file'] for image in module.params['images'] if image['name'] not in listed.split()]
    missing = list(dict.fromkeys(missing))  # one archive may hold several
    if not module.check_mode:
        for file in missing:
            module.run_command([*CTR, 'import', file], check_rc=True)
    module.exit_json(changed=bool(missing), paths=missing)


if __name__ == '__main__':
    main()
