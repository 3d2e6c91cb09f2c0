using ChunkUpload.Agent.Serving;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>What an agent opens to send: a listed version of a file below the folder, and nothing else, whatever lies there.</summary>
public sealed class RootedFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _root;

    public RootedFileTests()
    {
        _root = _folder["root"];
        _ = Directory.CreateDirectory(At("deep/er"));
        File.WriteAllText(At("deep/er/a"), "content");
        File.WriteAllText(_folder["secret"], "content");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_listed_version_is_read_also_when_its_name_leads_elsewhere_meanwhile()
    {
        using var file = RootedFile.Open(_root, Entry("deep/er/a"));
        Assert.Equal(7, file.Size);
        // Replaced by a link, after it was opened.
        File.Delete(At("deep/er/a"));
        File.CreateSymbolicLink(At("deep/er/a"), _folder["secret"]);
        File.WriteAllText(_folder["secret"], "SECRETS");
        var bytes = new byte[20];
        Assert.Equal(7, await file.ReadAsync(0, bytes, default));
        Assert.Equal("content"u8.ToArray(), bytes[..7]);
        Assert.False(file.HasChanged);
    }

    [Fact]
    public void A_link_in_the_place_of_the_file_or_of_a_folder_above_it_is_not_followed()
    {
        var entry = Entry("deep/er/a");
        // The links lead to the same bytes, size and time, and even to the same inode.
        Directory.Move(At("deep/er"), _folder["er"]);
        _ = Directory.CreateSymbolicLink(At("deep/er"), _folder["er"]);
        Refused(entry);
        Directory.Delete(At("deep/er"));
        Directory.Move(_folder["er"], At("deep/er"));
        using (RootedFile.Open(_root, entry))
        {
        }

        Directory.Move(At("deep"), _folder["deep"]);
        _ = Directory.CreateSymbolicLink(At("deep"), _folder["deep"]);
        Refused(entry);
        Directory.Delete(At("deep"));
        Directory.Move(_folder["deep"], At("deep"));
        Directory.Move(At("deep/er/a"), _folder["b"]);
        _ = File.CreateSymbolicLink(At("deep/er/a"), _folder["b"]);
        Refused(entry);
    }

    [Fact]
    public void A_root_that_is_a_link_is_refused()
    {
        var entry = Entry("deep/er/a");
        Directory.Move(_root, _folder["moved"]);
        _ = Directory.CreateSymbolicLink(_root, _folder["moved"]);
        Refused(entry);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("deep/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("deep//er/a")]
    [InlineData("./deep/er/a")]
    [InlineData("deep/er/a\0b")]
    [InlineData("deep/er/a/")]
    [InlineData("")]
    public void A_path_that_no_list_has_is_refused_before_anything_is_opened(string path)
    {
        var secret = new FileInfo(_folder["secret"]);
        Refused(new JournalEntry(path, secret.Length, secret.LastWriteTimeUtc.Ticks) { Identity = FileIdentity.Of(secret.FullName) });
    }

    [Fact]
    public void Another_version_or_another_kind_of_thing_is_refused()
    {
        var entry = Entry("deep/er/a");
        Refused(entry with { Size = 6 });
        Refused(entry with { Modified = entry.Modified + 1 });
        Refused(entry with { Path = "deep/er" });
        Refused(entry with { Path = "deep/er/b" });
        if (!OperatingSystem.IsLinux())
            return;
        // The same name, size and time, but another file.
        File.WriteAllText(At("b"), "CONTENT");
        File.SetLastWriteTimeUtc(At("b"), new DateTime(entry.Modified, DateTimeKind.Utc));
        Directory.Move(At("b"), At("deep/er/c"));
        Refused(entry with { Path = "deep/er/c" });
    }

    [Fact]
    public async Task A_pipe_is_refused_without_waiting_for_its_writer()
    {
        if (OperatingSystem.IsWindows())
            return;
        _ = await Tool.RunAsync(_root, "mkfifo", At("pipe"));
        var pipe = new FileInfo(At("pipe"));
        await Task.Run(() => Refused(new JournalEntry("pipe", 0, pipe.LastWriteTimeUtc.Ticks))).WaitAsync(Eventually.Limit);
    }

    [Fact]
    public void A_change_after_it_was_opened_is_seen()
    {
        using var file = RootedFile.Open(_root, Entry("deep/er/a"));
        File.AppendAllText(At("deep/er/a"), "more");
        Assert.True(file.HasChanged);
        File.WriteAllText(At("deep/er/b"), "content");
        using var other = RootedFile.Open(_root, Entry("deep/er/b"));
        File.SetLastWriteTimeUtc(At("deep/er/b"), TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5));
        Assert.True(other.HasChanged);
    }

    private string At(string path) => Path.Combine(_root, path);

    private JournalEntry Entry(string path)
    {
        var file = new FileInfo(At(path));
        return new JournalEntry(path, file.Length, file.LastWriteTimeUtc.Ticks) { Identity = FileIdentity.Of(file.FullName) };
    }

    private void Refused(JournalEntry entry)
    {
        var failure = Assert.Throws<TransferException>(() => RootedFile.Open(_root, entry).Dispose());
        Assert.Equal((TransferFailure.SourceChanged, "file_changed"), (failure.Failure, failure.Code));
        Assert.DoesNotContain(_root, failure.Message, StringComparison.Ordinal);
    }
}
