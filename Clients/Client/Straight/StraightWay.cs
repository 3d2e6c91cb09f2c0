using System.Security.Cryptography;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Projects;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Straight;

/// <summary>
/// Takes a file from the device that has it: 1. the device's key is the known one; 2. its addresses are tried at once; 3. the transfer is
/// renewed while the bytes come; 4. if the device cannot be reached, the service is told to relay the file; 5. meanwhile the addresses are
/// tried again.
/// </summary>
/// <param name="links">The connections to devices, which several transfers share.</param>
internal sealed class StraightWay(
    ChunkUploadClient client, ChunkUploadClientOptions options, StraightLinks links, DevicePins pins, StraightOptions wanted,
    ProgressBoard board, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan ProofTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeEach = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskEach = TimeSpan.FromSeconds(30);

    // A device that was reached before may be back in a moment; the relay would store bytes for nothing.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    // Files that are never relayed wait so long for their device.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private bool _wasReached;
    private long? _lostAt;
    private long? _failingSince;

    /// <summary>The way that the last bytes took: straight, overlay or relay.</summary>
    public string Way { get; private set; } = FileTransferWords.Relay;

    /// <summary>Why the way is the relay, as a word; <c>null</c> if it is not, or never could be another one.</summary>
    public string? Reason { get; private set; }

    /// <returns>The SHA-256 as the device says it; <c>null</c> if the transfer has to be read again.</returns>
    public async Task<string?> RunAsync(Guid project, FileTransferAnswer row, PartFile part, CancellationToken stop)
    {
        _failingSince ??= time.GetTimestamp();
        // A list may be older than the token.
        if (TicketOf(row) is null)
            row = await client.FileTransferAsync(project, row.Id, stop);
        if (!row.IsOpen || !row.IsStraight)
            return null;
        if (TicketOf(row) is not { } ticket)
            return await FailAsync(project, row, FileTransferWords.StraightRefused, part, stop);
        // 1. The device's key is the known one.
        if (!IsKnown(row, ticket.Fingerprint))
            return await FailAsync(project, row, FileTransferWords.FingerprintChanged, part, stop);
        // 2. Its addresses are tried at once.
        var addresses = StraightAddresses.Choose(ticket.Addresses, wanted.Typed);
        if (await links.FindAsync(ticket.Fingerprint, addresses, ProofTime, stop) is not { } found)
            return await FailAsync(project, row, FileTransferWords.Unreachable, part, stop);
        (_wasReached, Reason) = (true, null);
        var moved = board.Moved;
        Way = StraightAddresses.IsOverlay(found.Local, found.Remote.Address) ? FileTransferWords.Overlay : FileTransferWords.Straight;
        if (Way != row.TransferInfo!.Way)
            row = await client.ChangeFileTransferAsync(project, row.Id, new FileTransferChangeBody(row.Attempt) { Way = Way }, stop);

        // 3. The transfer is renewed while the bytes come.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var renewing = RenewAsync(project, row, end);
        try
        {
            var digest = await new StraightFetch(found.Http, found.Remote, ticket.Token, row, options, board, time, log)
                .FetchAsync(part, end.Token);
            _failingSince = null;
            return digest;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The transfer has ended or uses another way.
            return null;
        }
        catch (TransferException failure) when (failure.Failure == TransferFailure.Network || failure.Status is 401 or 404 or 503)
        {
            log.NotStraight(failure.Message);
            if (failure.Failure == TransferFailure.Network)
                links.Drop(ticket.Fingerprint, found);
            if (board.Moved > moved)
                _lostAt = null;
            return await FailAsync(
                project, row,
                failure.Status is 401 or 404 ? FileTransferWords.StraightRefused : FileTransferWords.Unreachable, part, stop);
        }
        finally
        {
            await end.CancelAsync();
            await renewing;
        }
    }

    /// <summary>
    /// 5. Waits until the device can be reached again, and tells the service so. Ends without a result if that does not hold for this
    /// transfer.
    /// </summary>
    public async Task<bool> IsBackAsync(Guid project, FileTransferAnswer row, CancellationToken stop)
    {
        Way = FileTransferWords.Relay;
        Reason = row.TransferInfo?.Reason ?? Reason;
        var wasOffered = Reason is FileTransferWords.Unreachable or FileTransferWords.StraightRefused;
        while (true)
        {
            await Task.Delay(wasOffered ? ProbeEach : AskEach, time, stop);
            try
            {
                var now = await client.FileTransferAsync(project, row.Id, stop);
                if (!now.IsOpen || now.Attempt != row.Attempt)
                    return false;
                if (TicketOf(now) is not { } ticket || !IsKnown(now, ticket.Fingerprint))
                    continue;
                var addresses = StraightAddresses.Choose(ticket.Addresses, wanted.Typed);
                if (await links.FindAsync(ticket.Fingerprint, addresses, ProofTime, stop) is not { } found)
                    continue;
                var way = StraightAddresses.IsOverlay(found.Local, found.Remote.Address)
                    ? FileTransferWords.Overlay : FileTransferWords.Straight;
                _ = await client.ChangeFileTransferAsync(
                    project, row.Id, new FileTransferChangeBody(row.Attempt) { Way = way }, stop);
                return true;
            }
            catch (TransferException failure)
            {
                log.NotStraight(failure.Message);
            }
        }
    }

    private static Ticket? TicketOf(FileTransferAnswer row)
    {
        return row.TransferInfo is { Addresses: { Count: > 0 } addresses, Token: { Length: > 0 and < 200 } token, Fingerprint: { } hex }
            && hex.Length == 2 * SHA256.HashSizeInBytes && hex.All(char.IsAsciiHexDigit) && token.All(char.IsAscii)
            ? new Ticket([.. addresses.OfType<string>()], token, Convert.FromHexString(hex))
            : null;
    }

    private bool IsKnown(FileTransferAnswer row, byte[] fingerprint) =>
        pins.Accept(options.Service.GetLeftPart(UriPartial.Authority), row.SourceDevice.Id, row.SourceDevice.Name, fingerprint);

    /// <summary>The token ends a minute after the last look at the transfer. An end of the transfer ends the fetching.</summary>
    private async Task RenewAsync(Guid project, FileTransferAnswer row, CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Renewal, time, end.Token);
                var now = await client.FileTransferAsync(project, row.Id, end.Token);
                if (!now.IsOpen || now.Attempt != row.Attempt || !now.IsStraight)
                    await end.CancelAsync();
            }
            catch (TransferException failure) when (failure.Status is 401 or 403 or 404 or 410)
            {
                await end.CancelAsync();
            }
            catch (TransferException)
            {
                // The service is not available. The device continues for a minute.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>4. Asks for the relay, or waits if the device may be back in a moment, or nothing may be relayed.</summary>
    private async Task<string?> FailAsync(
        Guid project, FileTransferAnswer row, string reason, PartFile part, CancellationToken stop)
    {
        _lostAt ??= time.GetTimestamp();
        if (reason != FileTransferWords.FingerprintChanged && _wasReached && time.GetElapsedTime(_lostAt.Value) < Grace)
        {
            await WaitAsync(row, "It waits until {0} can be reached again.", stop);
            return null;
        }

        Reason = reason;
        try
        {
            _ = await client.ChangeFileTransferAsync(
                project, row.Id,
                new FileTransferChangeBody(row.Attempt)
                {
                    Way = FileTransferWords.Relay,
                    WayReason = reason,
                    Missing = part.Missing,
                },
                stop);
            (Way, _failingSince, _lostAt) = (FileTransferWords.Relay, null, null);
            return null;
        }
        catch (TransferException failure) when (failure.Code == Wire.ProblemCodes.StraightOnly)
        {
            if (reason == FileTransferWords.FingerprintChanged)
                throw Failed(TransferFailure.Refused, reason, Changed(row));
            if (time.GetElapsedTime(_failingSince!.Value) >= Longest)
                throw Failed(TransferFailure.Network, FileTransferWords.Unreachable, OnlyStraight(row));
            await WaitAsync(row, "{0} cannot be reached straight, and its files never go through the service.", stop);
            return null;
        }
        catch (TransferException failure) when (failure.Code == Wire.ProblemCodes.NoRelayRoom)
        {
            await WaitAsync(row, "{0} cannot be reached straight, and the service has no room to relay the file.", stop);
            return null;
        }
    }

    private async Task WaitAsync(FileTransferAnswer row, string why, CancellationToken stop)
    {
        using (board.Waiting(why.Replace("{0}", row.SourceDevice.Name, StringComparison.Ordinal)))
            await Task.Delay(Pause, time, stop);
    }

    private static string OnlyStraight(FileTransferAnswer row) =>
        $"{row.SourceDevice.Name} cannot be reached at {string.Join(", ", row.TransferInfo?.Addresses ?? ["any address"])}, and the files "
        + "of its folder never go through the service. Connect both computers to one network or overlay network; the same command goes on.";

    private static string Changed(FileTransferAnswer row) =>
        $"{row.SourceDevice.Name} shows another key than before. Compare cu project devices on both computers; if the new key is right, "
        + $"cu project devices --forget {row.SourceDevice.Id} lets it in.";

    private static TransferException Failed(TransferFailure failure, string code, string message) => new(failure, message) { Code = code };

    private sealed record Ticket(IReadOnlyList<string> Addresses, string Token, byte[] Fingerprint);
}
