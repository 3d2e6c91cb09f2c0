-- Files of devices that go straight from one device to another.

-- How the bytes of the attempt come: through the service, or from device to device, over an overlay network or without one.
alter table file_transfers
    add column way        text not null default 'relay' check (way in ('relay', 'straight', 'overlay')),
    add column way_reason text;                              -- why they come through the service

-- Whether the devices of the tenant must not send files straight.
alter table tenants add column forbids_straight boolean not null default false;
