using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>The system calls for the folders of the operator.</summary>
/// <param name="Forbidden">The service's own data directory, which is no part of any folder; null if unknown.</param>
internal sealed record FolderCalls(ISyscalls System, Statx? Forbidden);

/// <summary>
/// The files below a folder that the operator provides. Ids are relative paths. A path is opened folder by folder without following links,
/// so that nothing outside can be reached, even if folders are renamed or linked at the same time.
/// </summary>
internal sealed class FolderTree(LocalFolder folder, FolderCalls calls)
{
    public const string Root = ".";

    /// <summary>The prefix and suffix of temporary files of this service.</summary>
    private const string TempPrefix = ".chunkupload-", TempSuffix = ".part";

    /// <summary>The prefix of the service's own files, which pairs do not copy.</summary>
    public const string OwnPrefix = TempPrefix;

    /// <summary>The folder below that of the operator that contains removed and replaced files of pairs.</summary>
    public const string Kept = ".chunkupload-kept";

    /// <summary>The marker file with the ids of the pairs that have its folder as a root.</summary>
    public const string Mark = ".chunkupload-sync";

    private static readonly SafeFileHandle NoDirectory = new(Libc.AtFdCwd, ownsHandle: false);

    public ISyscalls Calls => calls.System;

    public LocalFolder Folder => folder;

    public static string IdOf(string parent, string name) => parent == Root ? name : $"{parent}/{name}";

    public static string TempName(string key) => $"{TempPrefix}{key}{TempSuffix}";

    public static bool IsTemp(string name) =>
        name.StartsWith(TempPrefix, StringComparison.Ordinal) && name.EndsWith(TempSuffix, StringComparison.Ordinal);

    /// <summary>Splits an id into the parent folder and the name.</summary>
    public static (string Parent, string Name) Split(string id) =>
        id.LastIndexOf('/') is >= 0 and var at ? (id[..at], id[(at + 1)..]) : (Root, id);

    /// <summary>Returns the names of a path; null if it is not valid in this tree.</summary>
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
        // The operator's path may contain links; paths below it may not.
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

    /// <summary>Opens a file without blocking, as a named pipe would.</summary>
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

    /// <summary>Reads the metadata of an object without following a link.</summary>
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

    /// <summary>Returns the names in an open folder, in order.</summary>
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

    /// <summary>Returns the used and total bytes of the disk; null if unknown.</summary>
    public (long Used, long Total)? Space(SafeFileHandle at) =>
        Calls.StatVfs(at, out var answer) < 0 ? null : (answer.TotalBytes - answer.FreeBytes, answer.TotalBytes);

    /// <summary>
    /// Renames a file to a free name, without replacing another one. NFS does not support such a rename; there the file is linked to the
    /// new name and then unlinked.
    /// </summary>
    public int RenameNew(SafeFileHandle at, string from, string to)
    {
        var result = Calls.RenameNoReplace(at, from, at, to);
        if (result != -Errno.Invalid)
            return result;
        return Libc.LinkAt(at, from, at, to, 0) == 0 ? Calls.UnlinkAt(at, from) : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Renames a file and replaces the one with the new name.</summary>
    public static int RenameReplace(SafeFileHandle at, string from, string to) =>
        Libc.RenameAt2(at, from, at, to, 0) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Exchanges the names of two files of a folder.</summary>
    public static int Exchange(SafeFileHandle at, string one, string other) => Exchange(at, one, at, other);

    /// <summary>Exchanges the places of two files.</summary>
    public static int Exchange(SafeFileHandle at, string one, SafeFileHandle otherAt, string other) =>
        Libc.RenameAt2(at, one, otherAt, other, PosixFlags.RenameExchange) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Removes an empty folder.</summary>
    public static int RemoveFolder(SafeFileHandle at, string name) =>
        Libc.UnlinkAt(at, name, PosixFlags.RemoveDirectory) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    public static StorageFault Gone() => new(FaultKind.Gone, "It is not in the folder any more.");

    /// <param name="result">A negated error number.</param>
    /// <param name="what">The beginning of the sentence.</param>
    public static StorageFault FaultOf(long result, string what) => -result switch
    {
        Errno.NoEntry or Errno.NotADirectory or Errno.Loop => new StorageFault(FaultKind.Gone, $"{what} is not there, or is a link."),
        Errno.Access or Errno.NotPermitted => new StorageFault(
            FaultKind.Refused, $"The account under which this service runs may not access {what}."),
        Errno.NoSpace or Errno.Quota => new StorageFault(FaultKind.Space, "The disk of the folder is full."),
        Errno.ReadOnlyFileSystem => new StorageFault(FaultKind.Refused, $"{what} is on a read-only disk."),
        Errno.Invalid or Errno.NotSupported or Errno.NoSuchCall => new StorageFault(
            FaultKind.Refused, $"{what} is on a disk that does not support what is needed: {Errno.Text((int)-result)}."),
        Errno.NameTooLong => new StorageFault(FaultKind.Refused, $"{what} has a name that is too long for the disk."),
        Errno.Exists => new StorageFault(FaultKind.Taken, $"{what} is there already."),
        var errno => new StorageFault(FaultKind.Transient, $"{what}: {Errno.Text((int)errno)}."),
    };
}
