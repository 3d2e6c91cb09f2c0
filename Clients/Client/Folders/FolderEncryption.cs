using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Prepares the encryption of a folder that is uploaded: 1. find the recipients of earlier runs; 2. if names are hidden or a passphrase is
/// used, open the key of the folder, or make a new one; 3. send all files again if the recipients differ; 4. write the key last, so that an
/// interrupted run does not look complete.
/// </summary>
internal sealed class FolderEncryption
{
    private readonly RemoteTree _remote;
    private readonly FolderKeys _keys;
    private readonly EncryptionOptions _how;
    private readonly Action<FolderRecord> _save;
    private readonly FolderRecord _record;

    private FolderEncryption(
        RemoteTree remote, FolderKeys keys, EncryptionOptions how, FolderCipher cipher, FolderRecord record, Action<FolderRecord> save)
    {
        (_remote, _keys, _how, Cipher, _record, _save) = (remote, keys, how, cipher, record, save);
    }

    public FolderCipher Cipher { get; }

    /// <summary>Gets a value that indicates whether files that are there are for others, so that they are sent again.</summary>
    public bool SendsAll => _record.IsPending;

    /// <param name="remote">The folder at the service.</param>
    /// <param name="keys">The keys of folders.</param>
    /// <param name="options">How, and what opens the key that is there.</param>
    /// <param name="isThere">Whether the folder exists at the service.</param>
    /// <param name="record">The record of an earlier run.</param>
    /// <param name="save">Saves the record for the next run.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <exception cref="TransferException">The folder has other recipients, or readable names that should be hidden.</exception>
    public static async Task<FolderEncryption> BeginAsync(
        RemoteTree remote, FolderKeys keys, FolderOptions options, bool isThere, FolderRecord? record, Action<FolderRecord> save,
        CancellationToken stop)
    {
        var how = options.Encryption!;
        // 1. Find the recipients of earlier runs.
        List<string> whom = [.. how.Recipients.Select(recipient => recipient.Id).Distinct().Order(StringComparer.Ordinal)];
        // A symmetric recipient is a passphrase, which takes a second for each key that it opens.
        var isShared = how.Recipients.Any(recipient => recipient is IContentIdentity);

        // 2. If names are hidden or a passphrase is used, open the key of the folder, or make a new one.
        var there = isThere ? await keys.FindAsync(remote.Path, stop) : null;
        var file = there is null ? null
            : !isShared && record is { File: { } known, Sha256: { } digest } && digest == there.Sha256 ? known
            : await OpenAsync(remote, keys, there, options, stop);
        if (!isShared && record is { File: { } before, Sha256: not null } && file is not null && file.Key != before.Key)
        {
            throw new TransferException(
                TransferFailure.Conflict,
                $"The key of {remote.Name} is not the one with which this machine has sent to it: somebody has replaced it, and would read "
                + $"hidden names. Put the old {FolderKeys.FileName} back (from the trash), or choose another folder.")
            {
                Code = ClientCodes.FolderKeyReplaced,
            };
        }

        if (file is { HidesNames: false } && how.EncryptName)
        {
            throw new TransferException(
                TransferFailure.Refused, $"The names in {remote.Name} are readable, and stay so. Choose another folder to hide them.")
            {
                Code = ClientCodes.NamesAreReadable,
            };
        }

        // 3. Send all files again if the recipients differ.
        var others = file?.For ?? record?.For;
        var sendsAll = isThere && ((others is not null && !others.SequenceEqual(whom)) || record?.IsPending == true);
        var isNew = file is null && (how.EncryptName || isShared);
        if (isNew)
        {
            file = new FolderKeyFile
            {
                // The same key always hides a name in the same way.
                Version = record?.File?.Version ?? FolderKeyFile.CurrentVersion,
                Key = record?.File?.Key ?? Convert.ToBase64String(FolderKey.Create().Bytes),
                HidesNames = how.EncryptName,
                For = whom,
            };
        }

        var key = file is null ? null : FolderKey.Of(file);
        var cipher = new FolderCipher(
            new EncryptionOptions { Recipients = isShared ? [key!] : how.Recipients }, file?.HidesNames == true ? key : null);
        var now = new FolderRecord { For = whom, IsPending = sendsAll, File = file, Sha256 = there?.Sha256 };
        if (!options.DryRun)
        {
            save(now);
            if (isNew)
            {
                now = now with { Sha256 = await keys.PutAsync(remote.Path, file!, how, isFirst: true, stop) };
                save(now);
            }
        }

        return new FolderEncryption(remote, keys, how, cipher, now, save);
    }

    /// <summary>All of the folder has been sent.</summary>
    public async Task EndAsync(CancellationToken stop)
    {
        // 4. Write the key last, so that an interrupted run does not look complete.
        if (!_record.IsPending)
            return;
        var done = _record with { IsPending = false };
        if (_record.File is { } file && !file.For.SequenceEqual(_record.For))
        {
            file = file with { For = _record.For };
            done = done with { File = file, Sha256 = await _keys.PutAsync(_remote.Path, file, _how, isFirst: false, stop) };
        }

        _save(done);
    }

    private static async Task<FolderKeyFile> OpenAsync(
        RemoteTree remote, FolderKeys keys, Http.EntryAnswer there, FolderOptions options, CancellationToken stop)
    {
        try
        {
            return await keys.OpenAsync(
                there, remote.Path, [.. options.Identities, .. options.Encryption!.Recipients.OfType<IContentIdentity>()], stop);
        }
        catch (TransferException failure) when (failure.Code == ClientCodes.WrongDecryptionKey)
        {
            throw new TransferException(
                TransferFailure.Authentication,
                $"{remote.Name} is encrypted under a key that is not known here. Give the passphrase or the file with the secret key that "
                + "opens it (--encrypt-to key.txt), or send to another folder.", failure)
            {
                Code = failure.Code,
            };
        }
    }
}
