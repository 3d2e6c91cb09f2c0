using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>Allows the requester and the device's user to subscribe to events of a file transfer.</summary>
internal sealed class FileTransferTopicRights(IFileTransferLedger transfers) : SeenTopicRights
{
    public override string Kind => TopicKinds.FileTransfer;

    public static Topic TopicOf(Guid transfer) => new(TopicKinds.FileTransfer, transfer.ToString("n"));

    protected override Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        transfers.SeenAsync(caller, ids, cancellationToken);
}

/// <summary>Allows the user of a device to subscribe to its events.</summary>
internal sealed class DeviceTopicRights(IDeviceLedger devices) : SeenTopicRights
{
    public override string Kind => TopicKinds.Device;

    protected override async Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        caller.User is { } user
            ? [.. (await devices.ListAsync(caller.Tenant, user, cancellationToken)).Select(device => device.Id).Where(ids.Contains)]
            : [];
}
