using ChunkUpload.Client;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent.Serving;

/// <summary>The list of a served folder at the service, which is brought to the state of the journal in batches.</summary>
internal sealed class ToldList(
    ChunkUploadClient client, FolderJournal journal, Guid project, Guid device, string place, TimeProvider time)
{
    private const int MostChanges = 1000;

    /// <summary>The interval at which a permanently changing file is reported.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    /// <summary>A file that changed less than this ago may still be written.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _deferred = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _rejected = new(StringComparer.Ordinal);
    private long _sequence;
    private bool _needsSnapshot = true;

    /// <summary>The number of files that the service does not take into the list.</summary>
    public int Rejected => _rejected.Count;

    /// <summary>The files that the service does not list, with the reason of the first one; empty if there are none.</summary>
    public string Refusals
    {
        get
        {
            if (_rejected.Count == 0)
                return "";
            var (path, code) = _rejected.First();
            return $". {Plural.Of(_rejected.Count, "file")} {(_rejected.Count == 1 ? "is" : "are")} refused, such as {path}: "
                + ReasonOf(code);
        }
    }

    /// <summary>Finds or adds the folder at the service. If its list differs from the journal, it is sent again.</summary>
    public async Task FindAsync(CancellationToken stop)
    {
        var folder = await client.ServeFolderAsync(project, new NewFolderBody(journal.Folder, device, place), stop);
        _sequence = folder.Sequence;
        _needsSnapshot = !folder.IsComplete || journal.IsDamaged || journal.FollowerNumber != folder.Sequence;
    }

    /// <summary>
    /// Returns the changes that may be told now. A file waits that was told a moment ago, and one that may still be written.
    /// </summary>
    public IReadOnlyList<JournalChange> Due(IReadOnlyList<JournalChange> changes)
    {
        _deferred.Clear();
        foreach (var path in _told.Where(one => time.GetElapsedTime(one.Value) >= Pace).Select(one => one.Key).ToList())
            _ = _told.Remove(path);
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var change in changes)
        {
            if (WaitOf(change, now) is { Ticks: > 0 } wait)
                _deferred[change.Entry.Path] = wait;
        }

        return _deferred.Count == 0 ? changes : [.. changes.Where(change => !_deferred.ContainsKey(change.Entry.Path))];
    }

    private TimeSpan WaitOf(JournalChange change, DateTime now)
    {
        if (change.Kind is not (JournalChangeKind.Added or JournalChangeKind.Changed))
            return TimeSpan.Zero;
        var pace = change.Kind == JournalChangeKind.Changed && _told.TryGetValue(change.Entry.Path, out var at)
            ? Pace - time.GetElapsedTime(at)
            : TimeSpan.Zero;
        // A file from the future, of a disk with another clock, is taken as it is.
        var age = now - new DateTime(change.Entry.Modified, DateTimeKind.Utc);
        var rest = age >= TimeSpan.Zero ? Rest - age : TimeSpan.Zero;
        return rest > pace ? rest : pace;
    }

    /// <summary>Returns the paths that wait, and until when; without any, the time given.</summary>
    public (IReadOnlyCollection<string> Paths, TimeSpan Wait) Deferred(TimeSpan most)
    {
        if (_deferred.Count == 0)
            return ([], most);
        return (_deferred.Keys.ToArray(), _deferred.Values.Min());
    }

    /// <summary>Sends what the service does not know.</summary>
    public async Task SendAsync(CancellationToken stop)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            try
            {
                if (_needsSnapshot)
                    await SendAllAsync(stop);
                else
                    await SendPendingAsync(stop);
                return;
            }
            catch (TransferException failure) when (failure.Code == ProblemCodes.Resync && !isSecond)
            {
                // The answer to an applied batch was lost, or another device had the folder meanwhile.
                await FindAsync(stop);
                _needsSnapshot = true;
            }
        }
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        var snapshot = Guid.NewGuid();
        _rejected.Clear();
        var entries = journal.Entries.OrderBy(entry => entry.Path, StringComparer.Ordinal).ToList();
        for (var at = 0; at == 0 || at < entries.Count; at += MostChanges)
        {
            var some = entries.Skip(at).Take(MostChanges).Select(entry => Upsert(entry)).ToList();
            await TellAsync(some, new SnapshotBody(snapshot, at + MostChanges >= entries.Count), stop);
        }

        if (journal.IsDamaged)
            journal.Restart();
        journal.Acknowledge(journal.Number, _sequence);
        _needsSnapshot = false;
    }

    private async Task SendPendingAsync(CancellationToken stop)
    {
        foreach (var some in journal.Pending().Chunk(MostChanges))
        {
            await TellAsync([.. some.Select(Body)], null, stop);
            journal.Acknowledge(some[^1].Entry.Number, _sequence);
            var now = time.GetTimestamp();
            foreach (var change in some)
                _told[change.Entry.Path] = now;
        }
    }

    private async Task TellAsync(IReadOnlyList<FileChangeBody> changes, SnapshotBody? snapshot, CancellationToken stop)
    {
        var answer = await client.TellFilesAsync(
            project, new FilesUpdateBody(device, journal.Folder, _sequence, Guid.NewGuid(), snapshot, changes), stop);
        _sequence = answer.Sequence;
        foreach (var change in changes)
            _ = _rejected.Remove(change.Path);
        foreach (var one in answer.Rejected)
            _rejected[one.Path] = one.Code;
    }

    private static string ReasonOf(string code) => code switch
    {
        "invalid_path" => "its name, or that of a folder above it, could not be stored on every system.",
        "name_too_long" => "a name has more than 255 bytes.",
        "path_too_long" => "the path has more than 4,096 bytes.",
        "path_too_deep" => "the path has more than 128 levels.",
        "hidden_name" => "hidden files stay private.",
        "reserved_name" => "cu keeps a list of its own under this name.",
        "path_conflict" => "the path is both a file and a folder.",
        "folder_full" => "a folder has at most a million files.",
        _ => code + ".",
    };

    private FileChangeBody Body(JournalChange change) => change.Kind switch
    {
        JournalChangeKind.Removed => new FileChangeBody("delete", At(change.Entry.Path)),
        JournalChangeKind.Moved => Upsert(change.Entry) with { Op = "move", From = At(change.From!) },
        _ => Upsert(change.Entry),
    };

    private FileChangeBody Upsert(JournalEntry entry) => new(
        "upsert", At(entry.Path), null, entry.Size, entry.Sha256 is { } hash ? Convert.ToHexStringLower(hash) : null,
        new DateTimeOffset(entry.Modified, TimeSpan.Zero), entry.Mode);

    private string At(string path) => place == "/" ? "/" + path : $"{place}/{path}";
}
