namespace ChunkUpload.Emulators.Drive;

/// <summary>An entry of the change feed: one for each file, with its latest state.</summary>
internal sealed record DriveChange(long Number, DateTimeOffset At, string FileId, DriveFile? File);

/// <summary>The feed of changes, numbered for all accounts together.</summary>
internal sealed partial class DriveStore
{
    private readonly Dictionary<string, Removal> _removals = [];
    private readonly Dictionary<string, DateTimeOffset> _changedAt = [];
    private long _change = 1000;

    /// <summary>The number that the next change will have.</summary>
    public long NextChange => _change + 1;

    /// <summary>Notes that a file was changed.</summary>
    public void Touch(DriveFile file)
    {
        file.Version++;
        file.Change = ++_change;
        _changedAt[file.Id] = Now;
    }

    /// <summary>Notes that an account no longer sees a file.</summary>
    public void NoteLoss(DriveFile file, string account)
    {
        if (!_removals.TryGetValue(file.Id, out var removal))
            _removals[file.Id] = removal = new Removal(file.DriveId, []);
        removal.Accounts[account] = ++_change;
        _changedAt[file.Id] = Now;
    }

    /// <summary>The changes from a number on that an account may see, oldest first.</summary>
    public IEnumerable<DriveChange> ChangesSince(long number, DriveCaller caller)
    {
        var changed = _files.Values
            .Where(file => file.Change >= number && !file.IsRoot && RoleOf(file, caller.Email) > None)
            .Select(file => new DriveChange(file.Change, _changedAt[file.Id], file.Id, file));
        var removed = _removals
            .Where(pair => pair.Value.Accounts.TryGetValue(caller.Email, out var change) && change >= number)
            .Where(pair => Find(pair.Key) is not { } file || RoleOf(file, caller.Email) == None)
            .Select(pair => new DriveChange(pair.Value.Accounts[caller.Email], _changedAt[pair.Key], pair.Key, null));
        return changed.Concat(removed).OrderBy(change => change.Number);
    }

    public string? DriveOfRemoved(string id) => _removals.TryGetValue(id, out var removal) ? removal.DriveId : null;

    private void NoteRemoval(DriveFile file)
    {
        foreach (var account in Accounts.Where(account => RoleOf(file, account.Email) > None))
            NoteLoss(file, account.Email);
    }

    private void ResetChanges()
    {
        _removals.Clear();
        _changedAt.Clear();
        _change = 1000;
    }

    private sealed record Removal(string? DriveId, Dictionary<string, long> Accounts);
}
