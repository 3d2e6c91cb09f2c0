using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>Decides whether a file may be sent directly from device to device, and records the two devices.</summary>
internal sealed class StraightWays(StraightBook book, IStraightLedger ledger, IDeviceLedger devices, Credentials credentials)
{
    public const string NotListening = "source_not_listening";
    public const string NoDevice = "receiver_not_device";
    public const string Forbidden = "straight_forbidden";

    /// <summary>
    /// Records the device with which the requester queries an open transfer, and issues a token for it. Browsers and programs without a
    /// fingerprint get none.
    /// </summary>
    /// <returns>The device; <c>null</c> if it cannot receive the file directly.</returns>
    public async Task<ProjectDevice?> NoteAsync(FileTransfer transfer, Caller caller, CancellationToken cancellationToken)
    {
        if (!transfer.IsOpen || !MayReceive(transfer, caller) || await ReceiverAsync(caller, cancellationToken) is not { } device)
            return null;
        book.Renew(transfer, device);
        return device;
    }

    /// <summary>Records the device for the running transfers that the requester lists.</summary>
    public async Task<ProjectDevice?> NoteAsync(
        IReadOnlyList<FileTransfer> transfers, Caller caller, CancellationToken cancellationToken)
    {
        var running = transfers.Where(one => one.Status == FileTransferStatus.InProgress && MayReceive(one, caller)).ToList();
        if (running.Count == 0 || await ReceiverAsync(caller, cancellationToken) is not { } device)
            return null;
        foreach (var one in running)
            book.Renew(one, device);
        return device;
    }

    /// <summary>Records the device with which the requester queries an open batch.</summary>
    public async Task NoteAsync(FileBatch batch, Caller caller, CancellationToken cancellationToken)
    {
        if (batch.IsOpen && batch.IsAskedBy(caller) && (batch.TargetKey is not { } key || caller.ApiKey == key)
            && await ReceiverAsync(caller, cancellationToken) is { } device)
            book.Note(batch, device);
    }

    /// <summary>Returns the device of the caller if it may receive files directly.</summary>
    public async Task<ProjectDevice?> ReceiverAsync(Caller caller, CancellationToken cancellationToken) =>
        caller.ApiKey is { } key && await devices.OfKeyAsync(key, cancellationToken) is { Fingerprint: not null, RevokedAt: null } device
        && await ledger.IsAllowedAsync(caller.Tenant, cancellationToken)
            ? device
            : null;

    /// <summary>Records the addresses at which the source listens.</summary>
    /// <returns>Why the file cannot be sent directly, as a code; <c>null</c> if it can.</returns>
    public async Task<string?> FaultAsync(
        FileTransfer transfer, IReadOnlyList<string?>? addresses, CancellationToken cancellationToken)
    {
        var told = addresses?.OfType<string>().ToList() ?? [];
        book.Tell(transfer, told);
        return told.Count == 0 || transfer.Source.Fingerprint is null ? NotListening
            : !await ledger.IsAllowedAsync(transfer.Tenant, cancellationToken) ? Forbidden
            : !book.HasReceiver(transfer) ? NoDevice
            : null;
    }

    /// <summary>Returns the part of a transfer's view about its path.</summary>
    /// <param name="device">The device of the caller, if it receives the transfer.</param>
    public async Task<StraightView> ViewAsync(
        FileTransfer transfer, Caller caller, ProjectDevice? device, CancellationToken cancellationToken) => new(
        device is null ? null : book.TicketOf(transfer, device.Id),
        transfer.IsSentBy(caller) && transfer.IsOpen && transfer.Answer == FileAnswer.Approved
            ? await GuestAsync(transfer, cancellationToken)
            : null);

    /// <summary>Returns the device that the source accepts; <c>null</c> if its key was revoked, even while its token is valid.</summary>
    private async Task<StraightGuest?> GuestAsync(FileTransfer transfer, CancellationToken cancellationToken) =>
        book.GuestOf(transfer) is { } guest
        && await credentials.OfKeyAsync(guest.Key, transfer.Tenant, cancellationToken) is not null
            ? guest
            : null;

    private static bool MayReceive(FileTransfer transfer, Caller caller) => transfer.IsAskedBy(caller) && !transfer.IsSentBy(caller)
        && (transfer.TargetKey is not { } key || caller.ApiKey == key);
}

/// <param name="Ticket">The data for the receiving device.</param>
/// <param name="Guest">The data for the source's device.</param>
internal sealed record StraightView(StraightTicket? Ticket, StraightGuest? Guest);
