using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The real calls report errors that .NET's own hide.</summary>
public sealed class SyscallsTests : IDisposable
{
    private static readonly Syscalls Calls = Syscalls.Real;

    private readonly TempFolder _folder = new();

    [Fact]
    public void A_flush_that_fails_says_so()
    {
        // The null device accepts every write and cannot be flushed: fsync answers EINVAL. .NET's own flush reports success, as it does for
        // EIO.
        using var device = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);

#pragma warning disable RS0030 // The very call that is banned for this.
        RandomAccess.FlushToDisk(device);
#pragma warning restore RS0030
        Assert.Equal(-Errno.Invalid, Calls.Fsync(device));
        Assert.Equal(-Errno.Invalid, Calls.Fdatasync(device));
        var failure = Assert.Throws<StoreException>(() => PosixFile.ThrowIfFlushFailed(Calls.Fsync(device), "x"));
        Assert.Equal((StoreError.FlushFailed, Errno.Invalid), (failure.Error, failure.HResult));
    }

    [Fact]
    public void A_full_device_says_so()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);

        Assert.Equal(-Errno.NoSpace, Calls.Pwrite(full, [1, 2, 3], 0));
        Assert.Equal(StoreError.NoSpace, Assert.Throws<StoreException>(() => PosixFile.WriteAll(Calls, full, [1], 0, "x")).Error);
    }

    [Fact]
    public void Renaming_does_not_replace()
    {
        using var folder = OpenFolder();
        File.WriteAllText(_folder["a"], "a");
        File.WriteAllText(_folder["b"], "b");

        Assert.Equal(-Errno.Exists, Calls.RenameNoReplace(folder, "a", folder, "b"));
        Assert.Equal(-Errno.NoEntry, Calls.RenameNoReplace(folder, "c", folder, "d"));
        Assert.Equal(0, Calls.RenameNoReplace(folder, "a", folder, "c"));
        Assert.Equal(("b", "a"), (File.ReadAllText(_folder["b"]), File.ReadAllText(_folder["c"])));
    }

    [Fact]
    public void Stat_knows_what_a_name_is()
    {
        using var folder = OpenFolder();
        File.WriteAllText(_folder["file"], "12345");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);

        Assert.Equal(0, Calls.Stat(folder, "file", out var file));
        Assert.True(file is { IsRegularFile: true, IsDirectory: false, Size: 5 });
        Assert.Equal(0, Calls.Stat(folder, "link", out var link));
        Assert.False(link.IsRegularFile);
        Assert.Equal(0, Calls.Stat(folder, "", out var itself));
        Assert.True(itself.IsDirectory);
        Assert.Equal(itself.Device, file.Device);
        Assert.Equal(-Errno.NoEntry, Calls.Stat(folder, "nothing", out _));
    }

    [Fact]
    public void Opening_follows_no_link_and_reuses_no_name()
    {
        using var folder = OpenFolder();
        File.WriteAllText(_folder["file"], "");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        File.CreateSymbolicLink(_folder["dangling"], _folder["elsewhere"]);

        const int create = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        Assert.Equal(
            StoreError.Io, Assert.Throws<StoreException>(() => PosixFile.OpenAt(Calls, folder, "link", OpenFlags.ReadOnly, "x")).Error);
        Assert.Equal(StoreError.Io, Assert.Throws<StoreException>(() => PosixFile.OpenAt(Calls, folder, "file", create, "x", 0x180)).Error);
        Assert.Equal(
            StoreError.Io, Assert.Throws<StoreException>(() => PosixFile.OpenAt(Calls, folder, "dangling", create, "x", 0x180)).Error);
        Assert.False(File.Exists(_folder["elsewhere"]));
        Assert.Null(PosixFile.TryOpenAt(Calls, folder, "nothing", OpenFlags.ReadOnly, "x"));
    }

    [Fact]
    public void Descriptors_are_not_inherited_by_children()
    {
        using var folder = OpenFolder();
        using var file = PosixFile.OpenAt(
            Calls, folder, "file", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, "x", PosixFile.OwnerFile);

        var flags = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}")
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal));

        const int closeOnExec = 0x80000;
        Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & closeOnExec);
    }

    [Fact]
    public void The_free_space_is_that_of_the_file_system()
    {
        using var folder = OpenFolder();

        Assert.Equal(0, Calls.StatVfs(folder, out var space));

        Assert.Equal(new DriveInfo(_folder.Path).TotalSize, space.TotalBytes);
        Assert.InRange(space.FreeBytes, 1, space.TotalBytes);
    }

    public void Dispose() => _folder.Dispose();

    private SafeFileHandle OpenFolder()
    {
        using var root = new SafeFileHandle(Libc.AtFdCwd, ownsHandle: false);
        return PosixFile.OpenAt(Calls, root, _folder.Path, OpenFlags.ReadOnly | OpenFlags.Directory, "x");
    }
}
