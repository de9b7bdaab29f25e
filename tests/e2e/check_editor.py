#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# check_editor.py VKCFG TREE...: says what the schemas of `vkcfg schema json` have against the files of trees.
import functools
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError:
    sys.exit(77)


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: yes and no are words."""


for first, found in list(Loader.yaml_implicit_resolvers.items()):
    Loader.yaml_implicit_resolvers[first] = [
        (tag, regex) for tag, regex in found
        if not tag.endswith((':timestamp', ':int')) and (not tag.endswith(':bool') or first in 'tTfF')]
Loader.add_implicit_resolver('tag:yaml.org,2002:int', __import__('re').compile(r'^-?[0-9]+$'), list('-0123456789'))


@functools.lru_cache(None)
def validator(vkcfg, kind):
    schema = json.loads(subprocess.run([vkcfg, 'schema', 'json', kind], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def kind_of(path):
    if len(path.parts) == 1:
        return path.stem
    return {'environments': 'environment', 'roles': 'role', 'groups': 'group', 'secrets': 'secret'}.get(
        path.parts[0], path.parts[0])


def main():
    known = ('acl', 'environment', 'fleet', 'group', 'hosts', 'role', 'secret')
    bad = 0
    for tree in map(pathlib.Path, sys.argv[2:]):
        for path in sorted(tree.rglob('*.yaml')):
            kind = kind_of(path.relative_to(tree))
            if kind not in known:
                continue
            value = yaml.load(path.read_text(), Loader)
            for error in validator(sys.argv[1], kind).iter_errors(value):
                bad += 1
                print(f'{path}: {"/".join(map(str, error.absolute_path))}: {error.message[:200]}')
    return bad > 0


sys.exit(main())
