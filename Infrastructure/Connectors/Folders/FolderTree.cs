using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>The system calls below the folders of the operator.</summary>
/// <param name="Forbidden">The service's own data directory, which is no part of any folder; null if unknown.</param>
internal sealed record FolderCalls(ISyscalls System, Statx? Forbidden);

/// <summary>
/// What lies below a folder that the operator gives. Ids are paths from there on. A path is walked folder by folder from an open one, and
/// no link is followed on the way, so whatever is renamed or linked meanwhile, nothing outside is reached.
/// </summary>
internal sealed class FolderTree(LocalFolder folder, FolderCalls calls)
{
    public const string Root = ".";

    /// <summary>How the temporary files of this service begin and end.</summary>
    private const string TempPrefix = ".chunkupload-", TempSuffix = ".part";

    /// <summary>What the names of this service begin with: no pair copies them.</summary>
    public const string OwnPrefix = TempPrefix;

    /// <summary>The folder, below that of the operator, of what pairs have removed or replaced.</summary>
    public const string Kept = ".chunkupload-kept";

    /// <summary>The file with the ids of the pairs whose root its folder is.</summary>
    public const string Mark = ".chunkupload-sync";

    private static readonly SafeFileHandle NoDirectory = new(Libc.AtFdCwd, ownsHandle: false);

    public ISyscalls Calls => calls.System;

    public LocalFolder Folder => folder;

    public static string IdOf(string parent, string name) => parent == Root ? name : $"{parent}/{name}";

    public static string TempName(string key) => $"{TempPrefix}{key}{TempSuffix}";

    public static bool IsTemp(string name) =>
        name.StartsWith(TempPrefix, StringComparison.Ordinal) && name.EndsWith(TempSuffix, StringComparison.Ordinal);

    /// <summary>The folder that an object lies in, and its name there.</summary>
    public static (string Parent, string Name) Split(string id) =>
        id.LastIndexOf('/') is >= 0 and var at ? (id[..at], id[(at + 1)..]) : (Root, id);

    /// <summary>Returns null if it is no path of this tree.</summary>
    public static string[]? Segments(string id)
    {
        if (id == Root)
            return [];
        var parts = id.Split('/');
        return parts.All(part => part.Length > 0 && part is not ("." or "..") && !part.Contains('\0', StringComparison.Ordinal))
            ? parts
            : null;
    }

    public Outcome<SafeFileHandle> OpenFolder(string id)
    {
        if (Segments(id) is not { } segments)
            return Gone();
        // The path of the operator may have links; what is below it may not.
        var result = Calls.OpenAt(
            NoDirectory, folder.Path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0, out var at);
        if (at is null)
            return FaultOf(result, "The folder of the operator");
        foreach (var segment in segments)
        {
            result = Calls.OpenAt(
                at, segment, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0, out var next);
            at.Dispose();
            if (next is null)
                return FaultOf(result, "The folder");
            at = next;
        }

        if (Calls.Stat(at, "", out var facts) >= 0 && !IsForbidden(facts))
            return at;
        at.Dispose();
        return Gone();
    }

    /// <summary>Opens a file and never waits for it, as a pipe would let it.</summary>
    public Outcome<SafeFileHandle> OpenFile(string id)
    {
        var (parent, name) = Split(id);
        if (id == Root || Segments(id) is null)
            return Gone();
        var opened = OpenFolder(parent);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        var result = Calls.OpenAt(
            at, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0, out var file);
        return file is null ? FaultOf(result, "The file") : file;
    }

    /// <summary>Of an object itself; a link is not followed.</summary>
    public StorageFault? Look(string id, out Statx facts)
    {
        facts = default;
        var (parent, name) = id == Root ? (Root, "") : Split(id);
        if (Segments(id) is null)
            return Gone();
        var opened = OpenFolder(parent);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        var result = Calls.Stat(at, name, out facts);
        return result < 0 || IsForbidden(facts) ? FaultOf(result < 0 ? result : -Errno.NoEntry, "The file") : null;
    }

    /// <summary>The names in an open folder, in order.</summary>
    public static List<string> Names(SafeFileHandle at)
    {
        var names = new FileSystemEnumerable<string>(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{at.DangerousGetHandle()}"),
            (ref FileSystemEntry entry) => entry.FileName.ToString(),
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, ReturnSpecialDirectories = false })
            .ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool IsForbidden(Statx facts) =>
        calls.Forbidden is { } own && facts.IsDirectory && own.Inode == facts.Inode && own.Device == facts.Device;

    /// <summary>Used and total bytes of the disk; null if it does not say.</summary>
    public (long Used, long Total)? Space(SafeFileHandle at) =>
        Calls.StatVfs(at, out var answer) < 0 ? null : (answer.TotalBytes - answer.FreeBytes, answer.TotalBytes);

    /// <summary>
    /// Gives a file a name that no other has. NFS knows no such rename: there it gets the second name beside the first, which it loses.
    /// </summary>
    public int RenameNew(SafeFileHandle at, string from, string to)
    {
        var result = Calls.RenameNoReplace(at, from, at, to);
        if (result != -Errno.Invalid)
            return result;
        return Libc.LinkAt(at, from, at, to, 0) == 0 ? Calls.UnlinkAt(at, from) : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Replaces what bears the new name.</summary>
    public static int RenameReplace(SafeFileHandle at, string from, string to) =>
        Libc.RenameAt2(at, from, at, to, 0) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Lets two files of a folder exchange their names.</summary>
    public static int Exchange(SafeFileHandle at, string one, string other) => Exchange(at, one, at, other);

    /// <summary>Lets two files exchange their places.</summary>
    public static int Exchange(SafeFileHandle at, string one, SafeFileHandle otherAt, string other) =>
        Libc.RenameAt2(at, one, otherAt, other, PosixFlags.RenameExchange) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Removes an empty folder.</summary>
    public static int RemoveFolder(SafeFileHandle at, string name) =>
        Libc.UnlinkAt(at, name, PosixFlags.RemoveDirectory) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    public static StorageFault Gone() => new(FaultKind.Gone, "It is not in the folder any more.");

    /// <param name="result">A negated error number.</param>
    /// <param name="what">Begins the sentence.</param>
    public static StorageFault FaultOf(long result, string what) => -result switch
    {
        Errno.NoEntry or Errno.NotADirectory or Errno.Loop => new StorageFault(FaultKind.Gone, $"{what} is not there, or is a link."),
        Errno.Access or Errno.NotPermitted => new StorageFault(
            FaultKind.Refused, $"{what} is not given to the account under which this service runs."),
        Errno.NoSpace or Errno.Quota => new StorageFault(FaultKind.Space, "The disk of the folder is full."),
        Errno.ReadOnlyFileSystem => new StorageFault(FaultKind.Refused, $"{what} is on a disk that can only be read."),
        Errno.Invalid or Errno.NotSupported or Errno.NoSuchCall => new StorageFault(
            FaultKind.Refused, $"{what} is on a disk that cannot do what is needed: {Errno.Text((int)-result)}."),
        Errno.NameTooLong => new StorageFault(FaultKind.Refused, $"{what} has a name that is too long for the disk."),
        Errno.Exists => new StorageFault(FaultKind.Taken, $"{what} is there already."),
        var errno => new StorageFault(FaultKind.Transient, $"{what}: {Errno.Text((int)errno)}."),
    };
}
