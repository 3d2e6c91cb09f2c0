using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Tests.Support.Storage;

/// <param name="Path">The name in the call, or the name under which its descriptor was opened.</param>
internal sealed record Syscall(string Name, string Path, long Offset, long Length);

/// <summary>Passes calls to the system and records them; a test can answer any of them instead, or hold it at a gate.</summary>
internal sealed class FaultySyscalls : ISyscalls
{
    private const int DeviceMinorOffset = 140;

    private readonly ConditionalWeakTable<SafeFileHandle, string> _paths = [];
    private readonly ConditionalWeakTable<SafeFileHandle, string> _failed = [];

    /// <summary>
    /// A result in place of the call (a negated error number, or a count); null makes the call. Runs on the calling thread.
    /// </summary>
    public Func<Syscall, long?>? Answer { get; set; }

    public ConcurrentQueue<Syscall> Seen { get; } = [];

    /// <summary>Flushes of a descriptor whose flush had failed before.</summary>
    public ConcurrentQueue<string> FlushedAgain { get; } = [];

    /// <summary>Receives what was written and flushed.</summary>
    public VolatileDisk? Disk { get; set; }

    /// <summary>Makes every call of that name fail where the path matches.</summary>
    public void Fail(string name, int errno, Func<string, bool>? path = null) =>
        Answer = call => call.Name == name && (path is null || path(call.Path)) ? -errno : null;

    public int Count(string name) => Seen.Count(call => call.Name == name);

    public int OpenAt(SafeFileHandle directory, string path, int flags, uint mode, out SafeFileHandle? handle)
    {
        handle = null;
        if (Ask(nameof(OpenAt), path) is { } answer)
            return (int)answer;
        var result = Syscalls.Real.OpenAt(directory, path, flags, mode, out handle);
        if (handle is not null)
            _paths.Add(handle, path);
        return result;
    }

    public long Pread(SafeFileHandle file, Span<byte> buffer, long offset) =>
        Ask(nameof(Pread), PathOf(file), offset, buffer.Length) ?? Syscalls.Real.Pread(file, buffer, offset);

    public long Pwrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) =>
        Wrote(file, offset, Ask(nameof(Pwrite), PathOf(file), offset, bytes.Length) switch
        {
            null => Syscalls.Real.Pwrite(file, bytes, offset),
            // A short write writes as many bytes as it reports.
            > 0 and var count => Syscalls.Real.Pwrite(file, bytes[..(int)count], offset),
            { } answer => answer,
        });

    public int Fsync(SafeFileHandle file) => Flushed(file, (int)(Ask(nameof(Fsync), PathOf(file)) ?? Syscalls.Real.Fsync(file)));

    public int Fdatasync(SafeFileHandle file) =>
        Flushed(file, (int)(Ask(nameof(Fdatasync), PathOf(file)) ?? Syscalls.Real.Fdatasync(file)));

    public int Ftruncate(SafeFileHandle file, long length) =>
        (int)(Ask(nameof(Ftruncate), PathOf(file)) ?? Syscalls.Real.Ftruncate(file, length));

    public int Syncfs(SafeFileHandle file) => (int)(Ask(nameof(Syncfs), PathOf(file)) ?? Syscalls.Real.Syncfs(file));

    public int RenameNoReplace(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to) =>
        (int)(Ask(nameof(RenameNoReplace), from) ?? Syscalls.Real.RenameNoReplace(fromDirectory, from, toDirectory, to));

    public int UnlinkAt(SafeFileHandle directory, string path) =>
        (int)(Ask(nameof(UnlinkAt), path) ?? Syscalls.Real.UnlinkAt(directory, path));

    public int MkdirAt(SafeFileHandle directory, string path, uint mode) =>
        (int)(Ask(nameof(MkdirAt), path) ?? Syscalls.Real.MkdirAt(directory, path, mode));

    public int Preallocate(SafeFileHandle file, long offset, long length) =>
        (int)(Ask(nameof(Preallocate), PathOf(file), offset, length) ?? Syscalls.Real.Preallocate(file, offset, length));

    public int SetDirect(SafeFileHandle file, bool direct) =>
        (int)(Ask(nameof(SetDirect), PathOf(file), 0, direct ? 1 : 0) ?? Syscalls.Real.SetDirect(file, direct));

    public int Fadvise(SafeFileHandle file, long offset, long length, int advice) =>
        (int)(Ask(nameof(Fadvise), PathOf(file), offset, length) ?? Syscalls.Real.Fadvise(file, offset, length, advice));

    public long CachedPages(SafeFileHandle file, long offset, long length) =>
        Ask(nameof(CachedPages), PathOf(file), offset, length) ?? Syscalls.Real.CachedPages(file, offset, length);

    public long CopyFileRange(SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length) =>
        Wrote(target, targetOffset, Ask(nameof(CopyFileRange), PathOf(source), sourceOffset, length) switch
        {
            null => Syscalls.Real.CopyFileRange(source, sourceOffset, target, targetOffset, length),
            > 0 and var count => Syscalls.Real.CopyFileRange(source, sourceOffset, target, targetOffset, count),
            { } answer => answer,
        });

    public long SendFile(nint socket, SafeFileHandle file, long offset, int count) =>
        Ask(nameof(SendFile), PathOf(file), offset, count) switch
        {
            null => Syscalls.Real.SendFile(socket, file, offset, count),
            > 0 and var some => Syscalls.Real.SendFile(socket, file, offset, (int)some),
            { } answer => answer,
        };

    public int CloneRange(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long targetOffset)
    {
        var result = (int)(Ask(nameof(CloneRange), PathOf(source), sourceOffset, length)
            ?? Syscalls.Real.CloneRange(source, sourceOffset, length, target, targetOffset));
        if (result >= 0)
            Wrote(target, targetOffset, length);
        return result;
    }

    public int Stat(SafeFileHandle directory, string path, out Statx result)
    {
        result = default;
        var asked = path.Length == 0 ? PathOf(directory) : path;
        var answer = (int)(Ask(nameof(Stat), asked) ?? Syscalls.Real.Stat(directory, path, out result));
        if (asked == OnAnotherDevice)
            MemoryMarshal.AsBytes(new Span<Statx>(ref result))[DeviceMinorOffset] ^= 1;
        return answer;
    }

    /// <summary>A folder that seems to be on another file system.</summary>
    public string? OnAnotherDevice { get; set; }

    public int StatVfs(SafeFileHandle file, out StatVfs result)
    {
        if (FreeBytes is { } free)
        {
            Seen.Enqueue(new Syscall(nameof(StatVfs), PathOf(file), 0, 0));
            result = new StatVfs(1, (ulong)(2 * free), (ulong)free);
            return 0;
        }

        result = default;
        return (int)(Ask(nameof(StatVfs), PathOf(file)) ?? Syscalls.Real.StatVfs(file, out result));
    }

    /// <summary>The free space to report in place of the real one.</summary>
    public long? FreeBytes { get; set; }

    private long Wrote(SafeFileHandle file, long offset, long count)
    {
        if (count > 0)
            Disk?.Wrote(file, offset, count);
        return count;
    }

    private int Flushed(SafeFileHandle file, int result)
    {
        Disk?.Flushed(file, result >= 0);
        if (_failed.TryGetValue(file, out var path))
            FlushedAgain.Enqueue(path);
        else if (result < 0 && result != -Errno.Interrupted)
            _failed.Add(file, PathOf(file));
        return result;
    }

    private long? Ask(string name, string path, long offset = 0, long length = 0)
    {
        var call = new Syscall(name, path, offset, length);
        Seen.Enqueue(call);
        return Answer?.Invoke(call);
    }

    private string PathOf(SafeFileHandle handle) => _paths.TryGetValue(handle, out var path) ? path : "?";
}
