using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Computes the whole-file SHA-256 of a session (E25). If a digest was declared, the hash follows the contiguous front while chunks arrive;
/// else it is computed after completion, if Uploads:FileDigest asks for it. The saved state ensures that no byte is hashed twice.
/// </summary>
public sealed class FrontHasher(
    IBackgroundLedger ledger, IUploadLedger uploads, ExtentReader extents, ContentCheck check, IRunningHashes hashes,
        IOptions<UploadOptions> options)
{
    private const long StepBytes = 256L << 20;

    // Completed files without a digest for which a client has requested one. After a restart the client's next request adds the file again.
    private readonly ConcurrentDictionary<UploadId, bool> _requested = new();

    /// <summary>Whether files whose client declared no digest are hashed too.</summary>
    public bool Undeclared => options.Value.FileDigest == FileDigest.Always;

    /// <summary>Has the upload hashed, whatever Uploads:FileDigest says.</summary>
    public void Request(UploadId id) => _requested.TryAdd(id, true);

    /// <summary>Called when the upload has its digest or can never have one.</summary>
    public void Forget(UploadId id) => _requested.TryRemove(id, out _);

    /// <summary>Hashes up to 256 MiB and saves the state. Returns false when there is nothing to hash.</summary>
    public async Task<bool> StepAsync(Upload upload, CancellationToken cancellationToken)
    {
        var wanted = upload.State == UploadState.Completing || (upload.DeclaredSha256 is not null && upload.IsLive) ||
            (upload.Sha256 is null && upload.State == UploadState.Completed && (Undeclared || _requested.ContainsKey(upload.Id)));
        if (upload.Sha256 is not null)
            Forget(upload.Id);
        if (!wanted)
            return false;

        var (front, revision) = await ledger.FrontAsync(upload.Id, cancellationToken);
        if (front <= upload.HashedBytes && !(upload.State == UploadState.Completing && front == upload.Size))
            return false;

        var saved = await ledger.SavedHashAsync(upload.Id, cancellationToken);
        using var hash = (saved is null ? null : hashes.Restore(saved.State)) ?? hashes.Start();
        // If the saved state cannot be restored, this step rehashes all of it: the ledger accepts no state that covers fewer bytes.
        var target = Math.Min(front, Math.Max(hash.Length, upload.HashedBytes) + StepBytes);
        try
        {
            if (hash.Length < target)
                await extents.RequireStoresAsync(upload.Id, ByteRange.Between(hash.Length, target), cancellationToken);
            await extents.HashAsync(upload.Id, hash, target, cancellationToken);
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
        {
            // A range that was removed meanwhile is not damage; its removal has raised the revision.
            if ((await ledger.FrontAsync(upload.Id, cancellationToken)).Revision != revision)
                return true;
            // An upload that ended meanwhile has been freed; that is not damage either.
            if (await uploads.GetAsync(upload.Id, cancellationToken) is not { } now || BackgroundWork.IsEnded(now.State))
                return false;
            await check.QuarantineAsync(upload.Id, exception.Message);
            return false;
        }
        catch (StoreException exception) when (exception.Error is StoreError.Unreachable)
        {
            // The upload stays as it is until the other store answers.
            return false;
        }

        await ledger.SaveHashAsync(upload.Id, new SavedHash(hash.Length, hash.Save()), hash.Current(), revision, CancellationToken.None);
        return true;
    }
}
