#!/usr/bin/python3
"""
AWS as a lab has it: moto's server, made to tell only what is there.

moto answers EC2, Auto Scaling and EKS, but its instances run at once and behind its node groups there is no Auto Scaling group.
Here a node group has one, instances are `pending` until the lab's host plays them and go only when that host has gone, there is
no more room than the lab has hosts for, and Auto Scaling tells its activities. Under /lab/ the lab says what it has done.

Its one argument is a configuration file; what has to outlive a restart is kept in the file that this names.
"""

import contextlib
import json
import os
import sys
import threading
import time
import traceback
from datetime import datetime

import moto.autoscaling.models as scaling
import moto.ec2.models.instances as ec2_instances
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks.models import EKSBackend, eks_backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.servicequotas.models import ServiceQuotasBackend
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

ACCOUNT, REGION = '123456789012', 'us-east-1'
ROLE = f'arn:aws:iam::{ACCOUNT}:role/pixelpulse-nodes'
IMAGE = 'ami-0pplab0000000000'
STANDARD_VCPUS = 'L-1216C47A'
VCPUS = {'large': 2, 'xlarge': 4, '2xlarge': 8, '4xlarge': 16}
ASKS_AGAIN_SECONDS = 10
KEPT_ACTIVITIES = 100
STATES = {'pending': 0, 'running': 16, 'shutting-down': 32}

lock = threading.RLock()
random_instance_id = ec2_instances.random_instance_id
ec2, groups_of, eks = ec2_backends[ACCOUNT][REGION], scaling.autoscaling_backends[ACCOUNT][REGION], eks_backends[ACCOUNT][REGION]


def vcpus(instance_type):
    return VCPUS.get(instance_type.partition('.')[2], 4)


class Activity(scaling.Activity):
    """What Auto Scaling did, or could not do."""

    def __init__(self, group, description, cause, instance=None):
        super().__init__(description, cause, group)
        self.instance = instance
        self.end_time = None
        self.status_message = None
        self.status_code = 'InProgress'

    def end(self, status, message=None):
        self.status_code, self.status_message, self.progress, self.end_time = status, message, 100, scaling.utcnow()


class Account:
    """The instances of every Auto Scaling group, each played by a host of the lab."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.slots = {slot['name']: {**slot, 'zone': zone['name']}
                      for zone in configuration['zones'] for slot in zone['slots']}
        self.subnets = {}
        self.hosts = {}  # of each instance
        self.activities = []  # the latest first
        self.asked_at = {}
        self.faults = {'noCapacity': {}, 'delaySeconds': {}}

    def make(self, kept):
        """The same identifiers at every start; those of instances never come again by themselves."""
        mock_random.seed(42)
        vpc = ec2.create_vpc(self.configuration['cidr'])
        self.subnets = {zone['name']: ec2.create_subnet(vpc.id, zone['cidr'], availability_zone=zone['name'])
                        for zone in self.configuration['zones']}
        cluster = self.configuration['cluster']
        eks.create_cluster(cluster['name'], ROLE, {'subnetIds': [subnet.id for subnet in self.subnets.values()]},
                           version=cluster['version'])
        eks.clusters[cluster['name']].endpoint = cluster['endpoint']
        for group in kept.get('groups', self.configuration['groups']):
            eks.create_nodegroup(cluster['name'], ROLE, group['name'],
                                 [self.subnets[zone].id for zone in group['zones']],
                                 scaling_config={'minSize': group['min'], 'maxSize': group['max'], 'desiredSize': group['desired']},
                                 instance_types=[group['instanceType']], labels=group['labels'], version=cluster['version'])
        mock_random.seed(os.urandom(16))
        for one in kept.get('scheduled', []):
            groups_of.put_scheduled_update_group_action(end_time=None, recurrence=None, timezone=None, **one)
        self.faults = kept.get('faults', self.faults)
        for one in kept.get('instances', []):
            group = next((group for group in groups_of.autoscaling_groups.values() if nodegroup_of(group) == one['group']), None)
            if group is not None and one['host'] in self.slots:
                self.launch(group, self.slots[one['host']], one['id'], one['state'])

    def kept(self):
        return {'groups': self.groups(), 'instances': self.instances(), 'faults': self.faults, 'scheduled': [
            {'name': one.auto_scaling_group_name, 'desired_capacity': one.desired_capacity, 'max_size': one.max_size,
             'min_size': one.min_size, 'scheduled_action_name': name, 'start_time': str(one.start_time)}
            for name, one in groups_of.scheduled_actions.items()]}

    def groups(self):
        return [self.described(group) for group in groups_of.autoscaling_groups.values() if nodegroup_named(nodegroup_of(group))]

    def described(self, group):
        nodegroup = nodegroup_named(nodegroup_of(group))
        zones = {subnet.id: zone for zone, subnet in self.subnets.items()}
        return {'name': nodegroup.nodegroup_name, 'min': group.min_size, 'desired': group.desired_capacity, 'max': group.max_size,
                'zones': [zones[subnet] for subnet in nodegroup.subnets], 'instanceType': group.instance_type,
                'labels': nodegroup.labels}

    def instances(self):
        """What the lab has to make true."""
        return [{'id': one.instance.id, 'host': self.hosts[one.instance.id]['name'], 'zone': one.instance.placement.zone,
                 'group': nodegroup_of(group), 'state': one.instance._state.name,
                 'instanceType': one.instance.instance_type, 'labels': labels_of(group),
                 'ageSeconds': time.time() - one.instance.launch_time.timestamp(),
                 'delaySeconds': self.faults['delaySeconds'].get(nodegroup_of(group), 0)}
                for group in groups_of.autoscaling_groups.values() for one in group.instance_states]

    def note(self, activity):
        self.activities = [activity, *self.activities][:KEPT_ACTIVITIES]
        return activity

    def step(self):
        """Brings every group nearer to its desired size."""
        self.act_on_schedule()
        for group in list(groups_of.autoscaling_groups.values()):
            for one in group.instance_states:  # ended through EC2 itself
                if one.lifecycle_state != 'Terminating' and one.instance._state.name == 'terminated':
                    self.terminate(group, one, 'an instance was taken out of service in response to an EC2 health check')
            serving = [one for one in group.instance_states if one.lifecycle_state != 'Terminating']
            if len(serving) < group.desired_capacity:
                self.grow(group)
            for one in oldest_of_fullest_zones(serving)[:max(0, len(serving) - group.desired_capacity)]:
                self.terminate(group, one, f'the desired capacity is {group.desired_capacity}')
            if nodegroup_named(nodegroup_of(group)) is None and not group.instance_states:
                del groups_of.autoscaling_groups[group.name]

    def act_on_schedule(self):
        """Sizes whose time has come; moto only keeps them. One that comes once is gone then, as in AWS."""
        for name, action in list(groups_of.scheduled_actions.items()):
            if datetime.fromisoformat(str(action.start_time).replace('Z', '+00:00')).timestamp() > time.time():
                continue
            del groups_of.scheduled_actions[name]
            group = groups_of.autoscaling_groups.get(action.auto_scaling_group_name)
            if group is not None:
                group.min_size = group.min_size if action.min_size is None else action.min_size
                group.max_size = group.max_size if action.max_size is None else action.max_size
                group.set_desired_capacity(group.desired_capacity if action.desired_capacity is None else action.desired_capacity)
                done = self.note(Activity(group, f'Executing scheduled action {name}', f'a scheduled action update of AutoScalingGroup {name}'))
                done.end('Successful')

    def grow(self, group):
        """One instance in the zone that has the fewest, else in the next one that has room."""
        if self.is_over_quota(group):
            self.fail(group, 'quota', 'VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of '
                      f"{self.configuration['vcpuQuota']} allows for the instance bucket that the specified instance type belongs to.")
            return
        used = [one.instance.placement.zone for one in group.instance_states]
        all_used = [slot['zone'] for slot in self.hosts.values()]
        for zone in sorted(group.availability_zones, key=lambda zone: (used.count(zone), all_used.count(zone), zone)):
            slot = self.free_slot(group, zone)
            if slot is None:
                self.fail(group, zone, 'Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have '
                          f'sufficient {group.instance_type} capacity in the Availability Zone you requested ({zone}).')
                continue
            instance = self.launch(group, slot)
            self.note(Activity(group, f'Launching a new EC2 instance: {instance.id}',
                               f'an instance was started in response to a difference between desired and actual capacity '
                               f'({group.desired_capacity})', instance.id))
            return

    def is_over_quota(self, group):
        running = sum(vcpus(one.instance.instance_type)
                      for other in groups_of.autoscaling_groups.values() for one in other.instance_states)
        return running + vcpus(group.instance_type) > self.configuration['vcpuQuota']

    def free_slot(self, group, zone):
        if zone in self.faults['noCapacity'].get(nodegroup_of(group), []):
            return None
        taken = {slot['name'] for slot in self.hosts.values()}
        return next((slot for slot in self.slots.values() if slot['zone'] == zone and slot['name'] not in taken), None)

    def fail(self, group, what, message):
        """An activity of its own for each attempt, some time apart."""
        if time.monotonic() - self.asked_at.get((group.name, what), -ASKS_AGAIN_SECONDS) < ASKS_AGAIN_SECONDS:
            return
        self.asked_at[group.name, what] = time.monotonic()
        activity = Activity(group, 'Launching a new EC2 instance.  Status Reason: ' + message,
                            'an instance was started in response to a difference between desired and actual capacity '
                            f'({group.desired_capacity})')
        activity.end('Failed', f'{message} Launching EC2 instance failed.')
        self.note(activity)

    def launch(self, group, slot, identifier=None, state='pending'):
        ec2_instances.random_instance_id = (lambda: identifier) if identifier else random_instance_id
        tags = {**group.get_propagated_tags(), scaling.ASG_NAME_TAG: group.name}
        [instance] = ec2.run_instances(IMAGE, 1, None, [], instance_type=group.instance_type, is_instance_type_default=False,
                                       subnet_id=self.subnets[slot['zone']].id, private_ip=slot['ip'], tags={'instance': tags},
                                       region_name=REGION).instances
        instance.autoscaling_group = group
        lifecycle = {'pending': 'Pending', 'running': 'InService', 'shutting-down': 'Terminating'}[state]
        group.instance_states.append(scaling.InstanceState(instance, lifecycle))
        self.hosts[instance.id] = slot
        set_state(instance, state)
        return instance

    def terminate(self, group, one, why):
        one.lifecycle_state = 'Terminating'
        set_state(one.instance, 'shutting-down')
        return self.note(Activity(group, f'Terminating EC2 instance: {one.instance.id}', why, one.instance.id))

    def tell(self, identifier, state):
        """What has become of an instance: its host has joined, or is gone."""
        for group in groups_of.autoscaling_groups.values():
            for one in [one for one in group.instance_states if one.instance.id == identifier]:
                if state == 'running' and one.lifecycle_state == 'Pending':
                    one.lifecycle_state = 'InService'
                    set_state(one.instance, state)
                elif state == 'terminated' and one.lifecycle_state == 'Terminating':
                    group.instance_states.remove(one)
                    slot = self.hosts.pop(identifier)
                    one.instance.terminate()
                    self.subnets[slot['zone']].del_subnet_ip(slot['ip'])  # moto keeps it
                else:
                    continue
                for activity in self.activities:
                    if activity.instance == identifier and activity.end_time is None:
                        activity.end('Successful')


account = None


def set_state(instance, state):
    instance._state.name, instance._state.code = state, STATES[state]


def nodegroup_named(name):
    found = (cluster.nodegroups.get(name) for cluster in eks.clusters.values())
    return next((group for group in found if group is not None), None)


def labels_of(group):
    nodegroup = nodegroup_named(nodegroup_of(group))
    return nodegroup.labels if nodegroup else {}  # its instances outlive it


def nodegroup_of(group):
    return next(tag['Value'] for tag in group.tags if tag['Key'] == 'eks:nodegroup-name')


def oldest_of_fullest_zones(serving):
    """In the order in which Auto Scaling takes them away."""
    left, ordered = list(serving), []
    while left:
        zones = [one.instance.placement.zone for one in left]
        victim = max(left, key=lambda one: (zones.count(one.instance.placement.zone), -one.instance.launch_time.timestamp()))
        left.remove(victim)
        ordered.append(victim)
    return ordered


def set_desired_capacity(group, capacity):
    """Only notes it: a step of the account acts on it, as the real one does later."""
    capacity = group.min_size if capacity is None else capacity
    if not group.min_size <= capacity <= group.max_size:
        raise ValidationError(f'New SetDesiredCapacity value {capacity} is {"above max" if capacity > group.max_size else "below min"} value '
                              f'{group.max_size if capacity > group.max_size else group.min_size} for the AutoScalingGroup.')
    group.desired_capacity = capacity
    nodegroup = nodegroup_named(nodegroup_of(group))
    if nodegroup is not None:
        nodegroup.scaling_config = {'minSize': group.min_size, 'maxSize': group.max_size, 'desiredSize': capacity}


def terminate_instance(backend, identifier, should_decrement):
    with lock:
        found = [(group, one) for group in backend.autoscaling_groups.values() for one in group.instance_states
                 if one.instance.id == identifier]
        if not found:
            raise ValidationError(f'Instance Id not found - No managed instance found for instance ID: {identifier}')
        [(group, one)] = found
        if one.lifecycle_state == 'Terminating':
            return next(activity for activity in account.activities if activity.instance == identifier)
        if should_decrement:
            if group.desired_capacity <= group.min_size:
                raise ValidationError(f'Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without replacement '
                                      "will violate group's min size constraint. Either set shouldDecrement flag to false or lower group's "
                                      'min size.')
            group.set_desired_capacity(group.desired_capacity - 1)
        return account.terminate(group, one, 'an instance was taken out of service in response to a user request'
                                 + (f', shrinking the capacity to {group.desired_capacity}' if should_decrement else ''))


def create_nodegroup(backend, cluster_name, *args, **kwargs):
    with lock:
        nodegroup = plain_create_nodegroup(backend, cluster_name, *args, **kwargs)
        name = nodegroup.resources['autoScalingGroups'][0]['name'] = f'eks-{nodegroup.nodegroup_name}-{nodegroup.uuid}'
        ec2.create_launch_template(name, '', {'ImageId': IMAGE, 'InstanceType': nodegroup.instance_types[0]}, {})
        tags = {'eks:cluster-name': cluster_name, 'eks:nodegroup-name': nodegroup.nodegroup_name,
                f'kubernetes.io/cluster/{cluster_name}': 'owned'}
        sizes = nodegroup.scaling_config
        groups_of.create_auto_scaling_group(
            name=name, availability_zones=[], desired_capacity=sizes['desiredSize'], max_size=sizes['maxSize'],
            min_size=sizes['minSize'], launch_config_name='', launch_template={'LaunchTemplateName': name},
            vpc_zone_identifier=','.join(nodegroup.subnets), default_cooldown=None, health_check_period=15, health_check_type='EC2',
            load_balancers=[], target_group_arns=[], placement_group=None, termination_policies=[],
            tags=[{'Key': key, 'Value': value, 'PropagateAtLaunch': True} for key, value in tags.items()])
        return nodegroup


def update_nodegroup_config(backend, cluster_name, nodegroup_name, *args, **kwargs):
    with lock:
        updated = plain_update_nodegroup_config(backend, cluster_name, nodegroup_name, *args, **kwargs)
        for group in groups_of.autoscaling_groups.values():
            if nodegroup_of(group) == nodegroup_name:
                sizes = nodegroup_named(nodegroup_name).scaling_config
                group.min_size, group.max_size = sizes['minSize'], sizes['maxSize']
                group.set_desired_capacity(sizes['desiredSize'])
        return updated


def delete_nodegroup(backend, cluster_name, nodegroup_name):
    with lock:
        deleted = plain_delete_nodegroup(backend, cluster_name, nodegroup_name)
        for group in groups_of.autoscaling_groups.values():
            if nodegroup_of(group) == nodegroup_name:
                group.min_size = group.desired_capacity = 0
        return deleted


def describe_scaling_activities(response):
    name = response._get_param('AutoScalingGroupName')
    with lock:
        return ActionResult({'Activities': [activity for activity in account.activities
                                            if name in (None, activity.auto_scaling_group_name)]})


def get_service_quota(backend, service_code, quota_code):
    if (service_code, quota_code) != ('ec2', STANDARD_VCPUS):
        return plain_get_service_quota(backend, service_code, quota_code)
    return {'ServiceCode': service_code, 'QuotaCode': quota_code, 'Unit': 'None', 'Value': float(account.configuration['vcpuQuota']),
            'QuotaName': 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', 'Adjustable': True,
            'GlobalQuota': False, 'QuotaArn': f'arn:aws:servicequotas:{REGION}:{ACCOUNT}:ec2/{quota_code}'}


plain_create_nodegroup = EKSBackend.create_nodegroup
plain_update_nodegroup_config = EKSBackend.update_nodegroup_config
plain_delete_nodegroup = EKSBackend.delete_nodegroup
plain_get_service_quota = ServiceQuotasBackend.get_service_quota
EKSBackend.create_nodegroup = create_nodegroup
EKSBackend.update_nodegroup_config = update_nodegroup_config
EKSBackend.delete_nodegroup = delete_nodegroup
ServiceQuotasBackend.get_service_quota = get_service_quota
scaling.FakeAutoScalingGroup.set_desired_capacity = set_desired_capacity
scaling.AutoScalingBackend.terminate_instance = terminate_instance
AutoScalingResponse.describe_scaling_activities = describe_scaling_activities


def asked_by_lab(request):
    """GET /lab/instances and /lab/groups; PUT /lab/instances/ID {state}; GET and PUT /lab/faults."""
    parts = request.path.split('/')[2:]
    with lock:
        if parts[0] == 'instances' and request.method == 'PUT':
            account.tell(parts[1], request.get_json()['state'])
        elif parts[0] == 'faults' and request.method == 'PUT':
            account.faults = request.get_json()
            account.asked_at = {}
        found = {'instances': account.instances, 'faults': lambda: account.faults, 'groups': account.groups}.get(parts[0])
        return Response(json.dumps(found()), mimetype='application/json') if found else Response(status=404)


def serve(environ, start_response):
    if environ['PATH_INFO'].startswith('/lab/'):
        return asked_by_lab(Request(environ))(environ, start_response)
    return moto_server(environ, start_response)


def keep_going(file):
    written = None
    try:
        while True:
            with lock:
                account.step()
                kept = account.kept()
            # Ages pass by themselves.
            text = json.dumps({**kept, 'instances': [{**one, 'ageSeconds': 0} for one in kept['instances']]})
            if text != written:
                with open(file + '.new', 'w', encoding='utf-8') as new:
                    new.write(text)
                os.replace(file + '.new', file)
                written = text
            time.sleep(0.3)
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # whole or not at all: systemd starts it again, from what is kept


class Quiet(MotoRequestHandler):
    def log_request(self, *_):
        pass


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as config:
        account = Account(json.load(config))
    state_file = account.configuration['state']
    state = {}
    with contextlib.suppress(FileNotFoundError), open(state_file, encoding='utf-8') as earlier:
        state = json.load(earlier)
    account.make(state)
    moto_server = DomainDispatcherApplication(create_backend_app)
    server = make_server(account.configuration['address'], account.configuration['port'], serve, threaded=True, request_handler=Quiet)
    threading.Thread(target=keep_going, args=[state_file], daemon=True).start()
    server.serve_forever()
