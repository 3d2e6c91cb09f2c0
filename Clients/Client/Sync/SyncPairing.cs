using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Sync;

/// <summary>A pair that this process keeps in step, with all that it holds.</summary>
internal sealed class SyncPairing : IDisposable
{
    private readonly SyncStore _store;
    private readonly FolderJournal _journal;

    private SyncPairing(SyncStore store, FolderJournal journal, SyncRound round) => (_store, _journal, Round) = (store, journal, round);

    public SyncRound Round { get; }

    /// <summary>Whether people have left answers.</summary>
    public bool HasReplies => _store.Files.HasReplies;

    /// <param name="local">The local folder.</param>
    /// <param name="path">The folder at the service; it is made for a new pair.</param>
    /// <param name="report">Receives each step.</param>
    /// <param name="beforeRecord">Called before each record of the base.</param>
    /// <exception cref="TransferException">The pair cannot be kept in step, or another process does it.</exception>
    public static SyncPairing Open(
        ChunkUploadClient client, string local, string? space, string path, SyncSettings settings, TimeProvider time,
        Action<SyncNote> report, Action? beforeRecord = null)
    {
        (local, path) = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(local)), path.Trim('/'));
        if (client.IsLink)
            throw new TransferException(TransferFailure.Refused, "Folders need a key; through a link single files go.");
        if (new DirectoryInfo(local).LinkTarget is not null)
            throw new TransferException(TransferFailure.Refused, $"{local} is a link. Name the folder that it leads to.");
        if (File.Exists(Path.Combine(local, FolderKeys.FileName)))
        {
            throw new TransferException(
                TransferFailure.Refused, $"{local} is a copy of an encrypted folder, which cannot be kept in step in both directions.")
            {
                Code = ClientCodes.FolderIsEncrypted,
            };
        }

        client.GiveUpSoon();
        var files = SyncPairFiles.Of(client.States, client.ServiceText, space, local, path);
        var store = SyncStore.Open(files, client.ServiceText, local, time);
        try
        {
            var isNew = store.Folder is null;
            if (isNew && !Directory.Exists(local))
                throw TransferException.Local($"{local} is no folder.");
            // A dry run of a new pair leaves nothing in the folder.
            var isDry = settings.DryRun && isNew;
            var journal = FolderJournal.Open(
                client.States, local, $"{(isDry ? "dry run of " : "")}two-way {files.Id}", FolderProof.Syncing, isKnown: !isNew, isDry);
            try
            {
                Recognize(store, journal, local);
                var names = new LocalNames(store, settings.FoldsNames, settings.HasWindowsNames);
                var first = new SyncTold(local, client.ServiceText, space, path, time.GetUtcNow()) { State = "waiting" };
                var round = new SyncRound(
                    store, new LocalSide(journal, local, settings.Rules, names, settings.DryRun ? TimeSpan.Zero : settings.Rest, time),
                    new ServiceSide(client, space) { Cursor = store.Cursor, KnownGeneration = store.Generation }, names, settings, first,
                    time, report)
                {
                    BeforeRecord = beforeRecord,
                };
                return new SyncPairing(store, journal, round);
            }
            catch
            {
                journal.Dispose();
                throw;
            }
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _journal.Dispose();
        _store.Dispose();
    }

    /// <summary>A journal that was lost gets its folder back if the marker has the id that the pair knows.</summary>
    private static void Recognize(SyncStore store, FolderJournal journal, string local)
    {
        if (store.Folder is { } known && known != journal.Folder && FolderProof.Syncing.Read(local).Contains(known))
            _ = FolderProof.Syncing.TryWrite(local, journal.Folder);
    }
}
