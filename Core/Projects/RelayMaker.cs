using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Projects;

/// <summary>Creates the upload with which a device sends a file that a member has requested.</summary>
public sealed class RelayMaker(IFileTransferLedger ledger, UploadIntake intake, UploadCatalog catalog)
{
    private const int KeyDigits = 16;

    // Longer than the transfer, which ends after a day without a byte or after seven days.
    private static readonly TimeSpan Allowance = TimeSpan.FromDays(8);

    private static readonly Sha256Digest SameRequest = new(new byte[Sha256Digest.Length]);

    /// <param name="claim">The agent that has claimed the attempt.</param>
    /// <param name="sha256">Compared with the bytes if the list has no digest of the file.</param>
    /// <returns>The upload, which an earlier request of the same attempt may have created; or why there is none.</returns>
    public async Task<(Result<CreatedUpload>? Upload, FileTransferOutcome Outcome)> MakeAsync(
        Caller caller, Guid transfer, Guid claim, long? size, Sha256Digest? sha256, CancellationToken cancellationToken)
    {
        if (await ledger.GetAsync(transfer, cancellationToken) is not { } asked || asked.Tenant != caller.Tenant
            || !asked.IsSentBy(caller))
            return (null, FileTransferOutcome.Absent);
        if (!asked.IsOpen)
            return (null, FileTransferOutcome.Ended);
        if (asked.Status != FileTransferStatus.InProgress || asked.Claim != claim)
            return (null, FileTransferOutcome.Claimed);
        if (asked.Way != FileWay.Relay)
            return (null, FileTransferOutcome.StraightOnly);
        // The digest of the whole says nothing about a part.
        Sha256Digest? known = asked is { RelayRanges: null, Hash: { } hash } ? new Sha256Digest(hash) : null;
        if (size != asked.RelaySize || (known is not null && sha256 is not null && known != sha256))
            return (null, FileTransferOutcome.Changed);
        if (asked.Relay is { } relay)
            return await FindAsync(caller, relay, cancellationToken);

        var created = await intake.CreateAsync(
            new WantedUpload(caller, UploadProtocol.Session, asked.Id.ToString("n"), "application/octet-stream")
            {
                Size = size,
                Sha256 = known ?? sha256,
                RelayOf = asked.Id,
                IdleAllowance = Allowance,
                // The key contains a space, so it differs from all keys of clients.
                IdempotencyKey = KeyOf(asked),
                IdempotencyHash = SameRequest,
            },
            cancellationToken);
        if (!created.Ok)
            return (created, FileTransferOutcome.Ok);
        var made = created.Value.Upload.Id;
        var bound = await ledger.BindAsync(asked.Id, asked.Attempt, claim, made, cancellationToken);
        if (bound == made)
            return (created, FileTransferOutcome.Ok);
        _ = await catalog.CancelAsync(caller, made, CancellationToken.None);
        return bound is { } other
            ? await FindAsync(caller, other, cancellationToken)
            : (null, FileTransferOutcome.AttemptOver);
    }

    /// <summary>The same ranges of an attempt are the same upload.</summary>
    private static string KeyOf(FileTransfer asked)
    {
        var key = $"relay {asked.Id:n} {asked.Attempt}";
        if (asked.RelayRanges is not { } ranges)
            return key;
        var text = string.Join(',', ranges.Select(range => FormattableString.Invariant($"{range.Offset}-{range.End}")));
        return $"{key} {Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..KeyDigits]}";
    }

    private async Task<(Result<CreatedUpload>? Upload, FileTransferOutcome Outcome)> FindAsync(
        Caller caller, UploadId relay, CancellationToken cancellationToken) =>
        await catalog.FindAsync(caller, relay, cancellationToken) is { } upload
            ? (new CreatedUpload(upload, Fresh: false), FileTransferOutcome.Ok)
            : (null, FileTransferOutcome.AttemptOver);
}
