using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// Writes into a folder of this machine. A file comes under a temporary name beside its place; each piece is flushed before it counts, and
/// the whole file gets its name by one rename, whose folder is flushed too.
/// </summary>
/// <remarks>
/// A session is the temporary file's path with its inode. If the file has it no more under that name, the inode tells whether it is the
/// one that has got its place.
/// </remarks>
internal sealed partial class FolderSink(FolderTree tree, TimeProvider time) : IRestoringSink, IDisposable
{
    private const int MostNames = 100;
    private const long LargestPiece = 1 << 26;

    /// <summary>The usual modes of new files and folders, which the umask reduces.</summary>
    private const uint FileMode = 0x1b6, FolderMode = 0x1ff;

    // The file of the last used session, so that the path is not resolved for every piece.
    private (string Session, SafeFileHandle File)? _open;

    public SinkTraits Traits { get; } = new(1, LargestPiece, Ids: false, []) { NameOf = NameOf };

    public Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<IReadOnlyList<string>>>(Array.Empty<string>());

    /// <summary>
    /// Returns the identity by device and inode, because the operator may provide a folder twice, or also a folder above it.
    /// </summary>
    public string PlaceOf(string folder)
    {
        var opened = tree.OpenFolder(folder);
        if (!opened.Ok)
            return $"folder {tree.Folder.Path} {folder}";
        using var at = opened.Value;
        return tree.Calls.Stat(at, "", out var facts) < 0
            ? $"folder {tree.Folder.Path} {folder}"
            : string.Create(CultureInfo.InvariantCulture, $"folder {facts.Device} {facts.Inode}");
    }

    public async Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var opened = tree.OpenFolder(folder);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        var result = tree.Calls.Stat(at, name, out var facts);
        return result switch
        {
            >= 0 => new[] { EntryOf(FolderTree.IdOf(folder, name), name, facts) },
            -Errno.NoEntry => Array.Empty<SinkEntry>(),
            _ => FolderTree.FaultOf(result, "The file"),
        };
    }

    public async Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var opened = tree.OpenFolder(folder);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        // An existing folder is returned; if the name is taken by a file, the folder gets another name.
        foreach (var candidate in NamesLike(name, isFolder: true))
        {
            var result = tree.Calls.MkdirAt(at, candidate, FolderMode);
            if (result < 0 && result != -Errno.Exists)
                return FolderTree.FaultOf(result, "The folder");
            if (result >= 0 && Flush(at) is { } unsafeFault)
                return unsafeFault;
            if (tree.Calls.Stat(at, candidate, out var facts) >= 0 && facts.IsDirectory)
                return EntryOf(FolderTree.IdOf(folder, candidate), candidate, facts);
        }

        return new StorageFault(FaultKind.Refused, $"The folder has {MostNames} objects of this name.");
    }

    public async Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return tree.Look(id, out var facts) is { } fault
            ? fault
            : EntryOf(id, id == FolderTree.Root ? tree.Folder.Name : FolderTree.Split(id).Name, facts);
    }

    public async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var opened = tree.OpenFolder(file.Folder);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        if (tree.Space(at) is var (used, total) && total - used < file.Size)
            return FolderTree.FaultOf(-Errno.NoSpace, "");
        // The same name for all attempts, so that one whose response was lost leaves no file behind.
        var temp = FolderTree.TempName(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Key)))[..32]);
        var result = tree.Calls.OpenAt(
            at, temp, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, FileMode,
            out var made);
        if (made is null)
            return FolderTree.FaultOf(result, "The file");
        Statx facts = default;
        if ((result = tree.Calls.Ftruncate(made, 0)) < 0 || (result = tree.Calls.Stat(made, "", out facts)) < 0)
        {
            made.Dispose();
            return FolderTree.FaultOf(result, "The file");
        }

        if (!facts.IsRegularFile)
        {
            made.Dispose();
            return new StorageFault(FaultKind.Refused, "Another item has the name of the temporary file.");
        }

        var session = string.Create(CultureInfo.InvariantCulture, $"{facts.Inode} {FolderTree.IdOf(file.Folder, temp)}");
        Hold(session, made);
        return new SinkSession(session, null);
    }

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        if (Open(session) is not { } opened)
            return Lost();
        if (tree.Calls.Stat(opened, "", out var facts) < 0 || (long)facts.Size != offset)
            return await QueryAsync(session, file with { Recorded = Math.Min(offset, (long)facts.Size) }, cancellationToken);
        await using var stream = new PieceStream(tree.Calls, opened, offset);
        try
        {
            await piece.CopyToAsync(stream, cancellationToken);
        }
        catch (IOException) when (stream.Failed < 0)
        {
            return FolderTree.FaultOf(stream.Failed, "The file");
        }
        catch (Exception reason) when (reason is IOException or TimeoutException)
        {
            return new StorageFault(FaultKind.Transient, "The source has failed.");
        }

        // Only flushed bytes count. After a failed flush the content of the file is unknown, so the upload restarts.
        return await Task.Run(() => tree.Calls.Fdatasync(opened), CancellationToken.None) < 0
            ? Lost()
            : new SinkProgress(offset + piece.Length, null);
    }

    public async Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Open(session) is not { } opened)
            return Made(session, file) is { } made ? new SinkProgress(file.Size, made) : Lost();
        if (tree.Calls.Stat(opened, "", out var facts) < 0)
            return Lost();
        // Bytes that were written but not recorded may not have been flushed.
        var length = Math.Min((long)facts.Size, file.Recorded);
        var result = length < (long)facts.Size ? tree.Calls.Ftruncate(opened, length) : 0;
        return result < 0 ? FolderTree.FaultOf(result, "The file") : new SinkProgress(length, null);
    }

    public async Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Open(session) is not { } opened)
            return Made(session, file) is { } made ? made : Lost();
        if (tree.Calls.Stat(opened, "", out var facts) < 0 || (long)facts.Size != file.Size)
            return Lost();
        SetTime(opened, file.Modified);
        if (tree.Calls.Fsync(opened) < 0)
            return Lost();
        var folder = tree.OpenFolder(file.Folder);
        if (!folder.Ok)
            return folder.Fault;
        using var at = folder.Value;
        var temp = FolderTree.Split(PathOf(session)).Name;
        var name = file.Name;
        var result = 0;
        // It may have both names after a kill.
        if (Made(session, file) is { } placed)
        {
            _ = tree.Calls.UnlinkAt(at, temp);
            return placed;
        }

        if (file.Condition is { } condition)
        {
            if (PlaceExactly(at, temp, file, condition) is { } refused)
                return refused;
        }
        else if (file.Replaces is { } replaces)
            result = FolderTree.RenameReplace(at, temp, name = FolderTree.Split(replaces).Name);
        else
        {
            // The name was free when it was checked. If it has been taken since, a number is added.
            foreach (var candidate in NamesLike(file.Name, isFolder: false))
            {
                name = candidate;
                if ((result = tree.RenameNew(at, temp, name)) != -Errno.Exists)
                    break;
            }
        }

        if (result < 0)
            return FolderTree.FaultOf(result, "The file");
        if (Flush(at) is { } fault)
            return fault;
        return tree.Calls.Stat(opened, "", out facts) < 0 ? Lost() : EntryOf(FolderTree.IdOf(file.Folder, name), name, facts);
    }

    public async Task AbortAsync(string session, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Close();
        var (parent, temp) = FolderTree.Split(PathOf(session));
        if (!FolderTree.IsTemp(temp) || tree.OpenFolder(parent) is not { Ok: true, Value: { } at })
            return;
        using (at)
            _ = tree.Calls.UnlinkAt(at, temp);
    }

    public async Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var (parent, name) = FolderTree.Split(made.Id);
        var opened = tree.OpenFolder(parent);
        if (!opened.Ok)
            return null;
        using var at = opened.Value;
        if (tree.Calls.Stat(at, name, out var facts) < 0 || FolderSource.PinOf(facts) != made.Pin)
            return null;
        var result = tree.Calls.UnlinkAt(at, name);
        return result < 0 ? FolderTree.FaultOf(result, "The file") : null;
    }

    public void Dispose() => Close();

    /// <summary>Returns a valid name for Linux: at most 255 bytes, with the same extension.</summary>
    private static string NameOf(string name)
    {
        const int most = 255 - 6; // Room for a number.
        var kept = name.Replace('/', '_').Replace('\0', '_');
        if (kept is "" or "." or "..")
            kept = "_" + kept;
        if (Encoding.UTF8.GetByteCount(kept) <= 255)
            return kept;
        var ending = Path.GetExtension(kept);
        ending = Encoding.UTF8.GetByteCount(ending) > 32 ? "" : ending;
        var stem = new StringBuilder();
        var bytes = Encoding.UTF8.GetByteCount(ending);
        foreach (var rune in kept.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > most)
                break;
            _ = stem.Append(rune.ToString());
        }

        return stem.Append(ending).ToString();
    }

    private static IEnumerable<string> NamesLike(string name, bool isFolder)
    {
        yield return name;
        var dot = !isFolder && name.LastIndexOf('.') is > 0 and var at ? at : name.Length;
        for (var number = 2; number <= MostNames; number++)
            yield return $"{name[..dot]} ({number}){name[dot..]}";
    }

    private static StorageFault Lost() =>
        new(FaultKind.SessionLost, "The temporary file is gone or was changed; the file begins again.");

    private static string PathOf(string session) => session[(session.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    private static ulong InodeOf(string session) =>
        ulong.TryParse(session.Split(' ', 2)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var inode) ? inode : 0;

    private static SinkEntry EntryOf(string id, string name, Statx facts) =>
        new(id, name, facts.IsDirectory ? StorageItemKind.Folder : StorageItemKind.File)
        {
            Size = facts.IsRegularFile ? (long)facts.Size : null,
            Modified = facts.Modified,
            Pin = FolderSource.PinOf(facts),
        };

    private static void SetTime(SafeFileHandle file, DateTimeOffset? modified)
    {
        if (modified is not { } time)
            return;
        try
        {
            File.SetLastWriteTimeUtc(file, time.UtcDateTime);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            // A disk that cannot store this time keeps another one.
        }
    }

    private StorageFault? Flush(SafeFileHandle at)
    {
        // Some file systems do not support flushing folders.
        var result = tree.Calls.Fsync(at);
        return result < 0 && result != -Errno.Invalid ? FolderTree.FaultOf(result, "The folder") : null;
    }

    /// <summary>Returns the temporary file of a session; null if it no longer exists, or is another file.</summary>
    private SafeFileHandle? Open(string session)
    {
        if (_open is { } held && held.Session == session)
            return held.File;
        var (parent, temp) = FolderTree.Split(PathOf(session));
        if (!FolderTree.IsTemp(temp) || tree.OpenFolder(parent) is not { Ok: true, Value: { } at })
            return null;
        using (at)
        {
            var flags = OpenFlags.ReadWrite | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec;
            if (tree.Calls.OpenAt(at, temp, flags, 0, out var file) < 0 || file is null)
                return null;
            if (tree.Calls.Stat(file, "", out var facts) < 0 || !facts.IsRegularFile || facts.Inode != InodeOf(session))
            {
                file.Dispose();
                return null;
            }

            Hold(session, file);
            return file;
        }
    }

    /// <summary>Returns the published file of a session, if the response to its commit was lost.</summary>
    private SinkEntry? Made(string session, SinkFile file)
    {
        if (tree.OpenFolder(file.Folder) is not { Ok: true, Value: { } at })
            return null;
        using (at)
        {
            // After a kill, the replaced file may still have the temporary name.
            if (file.Condition is { Version: { } version })
                _ = Keep(at, FolderTree.Split(PathOf(session)).Name, file.Name, version);
            var names = file.Condition is not null ? [file.Name]
                : file.Replaces is { } replaces ? [FolderTree.Split(replaces).Name]
                : NamesLike(file.Name, isFolder: false);
            foreach (var name in names)
            {
                // The first free name was used, so the search ends at a free name.
                if (tree.Calls.Stat(at, name, out var facts) < 0)
                    break;
                if (facts.IsRegularFile && facts.Inode == InodeOf(session) && (long)facts.Size == file.Size)
                    return EntryOf(FolderTree.IdOf(file.Folder, name), name, facts);
            }
        }

        return null;
    }

    private void Hold(string session, SafeFileHandle file)
    {
        Close();
        _open = (session, file);
    }

    private void Close()
    {
        _open?.File.Dispose();
        _open = null;
    }
}
