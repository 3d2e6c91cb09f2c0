using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Sync;

/// <summary>A pair that this process keeps in sync, with its resources.</summary>
internal sealed class SyncPairing : IDisposable
{
    private readonly SyncStore _store;
    private readonly FolderJournal _journal;

    private SyncPairing(SyncStore store, FolderJournal journal, SyncRound round) => (_store, _journal, Round) = (store, journal, round);

    public SyncRound Round { get; }

    /// <summary>Gets a value that indicates whether users have answered questions.</summary>
    public bool HasReplies => _store.Files.HasReplies;

    /// <param name="local">The local folder.</param>
    /// <param name="path">The folder at the service; it is made for a new pair.</param>
    /// <param name="report">Receives each step.</param>
    /// <param name="beforeRecord">Called before each record of the base.</param>
    /// <exception cref="TransferException">The pair cannot be kept in sync, or another process does it.</exception>
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
                TransferFailure.Refused, $"{local} is a copy of an encrypted folder, which cannot be kept in sync in both directions.")
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
            if (isNew)
                RefuseCircle(client, local, space, path);
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

    /// <summary>
    /// What another pair brings from one place to the other must not come back by this one under a longer path. A pair counts while its
    /// folder has its marker.
    /// </summary>
    private static void RefuseCircle(ChunkUploadClient client, string local, string? space, string path)
    {
        var other = SyncPairFiles.All(client.States).Select(one => one.Told).FirstOrDefault(told =>
            (told.Service, told.Space) == (client.ServiceText, space) && (told.Local != local || told.Path != path)
            && Below(told.Local, local, Path.DirectorySeparatorChar) is { } here && Below(told.Path, path, '/') is { } there
            && here.Replace(Path.DirectorySeparatorChar, '/') != there
            && File.Exists(Path.Combine(told.Local, FolderProof.Syncing.FileName)));
        if (other is not null)
        {
            throw new TransferException(
                TransferFailure.Refused,
                $"{other.Local} is kept in sync with :{other.Path}, and together with this pair its files would be copied in circles. If "
                    + $"that pair has ended, remove {FolderProof.Syncing.FileName} from its folder.");
        }
    }

    /// <returns>
    /// What leads from one path to the other one, as <c>+x/y</c> if the second lies below the first, as <c>-x/y</c> if it is above;
    /// <c>null</c> if neither lies in the other.
    /// </returns>
    private static string? Below(string first, string second, char separator) =>
        IsIn(second, first, separator) ? $"+{second[first.Length..].Trim(separator)}"
        : IsIn(first, second, separator) ? $"-{first[second.Length..].Trim(separator)}"
        : null;

    private static bool IsIn(string path, string folder, char separator) =>
        path == folder || folder.Length == 0 || path.StartsWith(folder.TrimEnd(separator) + separator, StringComparison.Ordinal);
}
