using System.Globalization;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Tests.Functional.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_a_private_folder_under_ordinary_ones()
    {
        using var data = Create(_folder["a", "data"]);

        data.Open();

        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(data.Path), 8));
        Assert.NotEqual(File.GetUnixFileMode(data.Path), File.GetUnixFileMode(_folder["a"]));
        Assert.NotEqual(Guid.Empty, data.StoreId);
    }

    [Fact]
    public void Keeps_its_volume_when_opened_again_and_when_moved()
    {
        Guid store;
        using (var first = Create(_folder["data"]))
        {
            first.Open();
            store = first.StoreId;
        }

        Directory.Move(_folder["data"], _folder["moved"]);
        using var second = Create(_folder["moved"]);
        second.Open();

        Assert.Equal(store, second.StoreId);
        Assert.Equal(["lock", "volume.json"], Directory.GetFileSystemEntries(second.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Refuses_a_second_process_and_names_the_first()
    {
        using var first = Create();
        first.Open();
        using var second = Create();

        var refused = Assert.Throws<StartRefusedException>(second.Open);

        Assert.StartsWith($"Another ChunkUpload (pid {Environment.ProcessId}) already uses the data directory {first.Path}",
            refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => second.StoreId);
    }

    [Fact]
    public void A_child_that_outlives_the_service_does_not_keep_the_lock()
    {
        var first = Create();
        first.Open();
        using var child = Command.Start("/bin/sleep", ["1000"], null);
        first.Dispose();

        using var second = Create();
        second.Open();

        child.Kill();
        child.WaitForExit();
    }

    [Fact]
    public void A_process_that_is_just_being_started_does_not_keep_the_lock()
    {
        var first = Create();
        first.Open();
        // A forked process has these descriptors until it executes its program.
        var descriptor = Directory.EnumerateFiles("/proc/self/fd")
            .First(file => new FileInfo(file).LinkTarget == Path.Combine(first.Path, "lock"));
        using var copy =
            new SafeFileHandle(Duplicate(int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture)), ownsHandle: true);
        Assert.False(copy.IsInvalid);
        first.Dispose();

        using var second = Create();
        second.Open();
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [Fact]
    public void Refuses_a_lock_file_that_is_a_link()
    {
        Directory.CreateDirectory(_folder["data"]);
        File.WriteAllText(_folder["victim"], "kept");
        File.CreateSymbolicLink(_folder["data", "lock"], _folder["victim"]);

        Assert.Throws<StartRefusedException>(Create().Open);

        Assert.Equal("kept", File.ReadAllText(_folder["victim"]));
    }

    [Theory]
    [InlineData(
        """{"id":"5f0f5a3e-6c0b-4c3c-9a54-0d2a3f0f6c11","createdAt":"2026-01-01T00:00:00Z","formatVersion":2}""", "knows only format 1")]
    [InlineData("""{"id":"5f0f5a3e-6c0b-4c3c-9a54-0d2a3f0f6c11"}""", "not readable")]
    [InlineData("not json", "not readable")]
    [InlineData("", "not readable")]
    public void Refuses_a_marker_that_it_does_not_know(string marker, string sentence)
    {
        Directory.CreateDirectory(_folder["data"]);
        File.WriteAllText(_folder["data", "volume.json"], marker);

        var refused = Assert.Throws<StartRefusedException>(Create().Open);

        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_path_that_is_a_file()
    {
        File.WriteAllText(_folder["data"], "");

        var refused = Assert.Throws<StartRefusedException>(Create().Open);

        Assert.Contains("Data:Directory", refused.Message, StringComparison.Ordinal);
    }

    private DataDirectory Create(string? path = null) =>
        new(new DataOptions { Directory = path ?? _folder["data"] }, TimeProvider.System);
}
