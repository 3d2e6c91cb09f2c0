using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The whole-file SHA-256 of a session (E25): grows along the contiguous front while chunks arrive when one was declared, otherwise
/// is computed after completion, if Uploads:FileDigest says so. Its state is saved, so no byte is read for it twice.
/// </summary>
public sealed class FrontHasher(
    IBackgroundLedger ledger, IUploadQueryLedger uploads, ExtentReader extents, ContentCheck check, IRunningHashes hashes,
        IOptions<UploadOptions> options)
{
    private const long StepBytes = 256L << 20;

    // Files that were published without a digest and are now wanted with one. Who asks again after a restart is heard again.
    private readonly ConcurrentDictionary<UploadId, bool> _asked = new();

    /// <summary>Files get their digest also when nobody declared one.</summary>
    public bool Undeclared => options.Value.FileDigest == FileDigest.Always;

    /// <summary>The next steps of this upload hash it, whatever Uploads:FileDigest says.</summary>
    public void Ask(UploadId id) => _asked.TryAdd(id, true);

    /// <summary>It has its digest, or will never have one.</summary>
    public void Forget(UploadId id) => _asked.TryRemove(id, out _);

    /// <summary>Hashes one stretch and saves the state; false when there is nothing to hash.</summary>
    public async Task<bool> StepAsync(Upload upload, CancellationToken cancellationToken)
    {
        var wanted = upload.State == UploadState.Completing || (upload.DeclaredSha256 is not null && upload.IsLive) ||
            (upload.Sha256 is null && upload.State == UploadState.Completed && (Undeclared || _asked.ContainsKey(upload.Id)));
        if (upload.Sha256 is not null)
            Forget(upload.Id);
        if (!wanted)
            return false;

        var (front, revision) = await ledger.FrontAsync(upload.Id, cancellationToken);
        if (front <= upload.HashedBytes && !(upload.State == UploadState.Completing && front == upload.Size))
            return false;

        var saved = await ledger.SavedHashAsync(upload.Id, cancellationToken);
        using var hash = (saved is null ? null : hashes.Restore(saved.State)) ?? hashes.Start();
        // A state that cannot be restored is made up for in one step: less than what is saved would not be saved.
        var target = Math.Min(front, Math.Max(hash.Length, upload.HashedBytes) + StepBytes);
        try
        {
            await extents.HashAsync(upload.Id, hash, target, cancellationToken);
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
        {
            // A range that was taken back meanwhile is no damage; the ledger knows by its revision.
            if ((await ledger.FrontAsync(upload.Id, cancellationToken)).Revision != revision)
                return true;
            // Nor is it damage that an upload which has ended meanwhile is freed.
            if (await uploads.GetAsync(upload.Id, cancellationToken) is not { } now || BackgroundWork.IsEnded(now.State))
                return false;
            await check.QuarantineAsync(upload.Id, exception.Message);
            return false;
        }

        await ledger.SaveHashAsync(upload.Id, new SavedHash(hash.Length, hash.Save()), hash.Current(), revision, CancellationToken.None);
        return true;
    }
}
