using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Change notifications for folders of the machine.</summary>
public sealed partial class SyncTests
{
    [Fact]
    public async Task A_change_on_the_disk_is_noticed_long_before_the_next_look()
    {
        Write("in/a.txt", [1]);
        var into = await OneDriveRig.MakeFolderAsync(Client, "noticed");
        string pair;
        using (var answer = await PostAsync("/api/syncs", Body(await ConnectionAsync("Disk"), "in", null, into, interval: 86_400)))
            pair = (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
        await UntilAsync(pair, "in_step");
        Write("in/new/b.txt", [2]);
        await Eventually.HoldsAsync(async () => (await OneDriveRig.OwnFilesAsync(Client, "noticed")).Count == 2);
        File.Delete(Path.Combine(Disk, "in", "a.txt"));
        await Eventually.HoldsAsync(async () => (await OneDriveRig.OwnFilesAsync(Client, "noticed")).Count == 1);
    }

    [Fact]
    public async Task The_feed_of_a_folder_tells_of_each_change_and_ends_with_the_folder()
    {
        Write("fed/inner/a.txt", [1]);
        var watches = _service.Services.GetRequiredService<FolderWatches>();
        var source = new FolderSource(
            new FolderTree(new("Disk", Disk, CanRead: true, CanWrite: true, []), new FolderCalls(Syscalls.Real, null)), watches,
            Guid.NewGuid());
        Assert.True(source.Covers("fed"));
        Assert.False(source.Covers("nothing"));
        Assert.False(source.Covers("fed/inner/a.txt"));
        var position = await SettledAsync();
        Assert.Empty((await source.ChangesAsync(position, default)).Value!.Changes);

        foreach (var change in new Action[]
                 {
                     () => Write("fed/inner/a.txt", [2, 2]),
                     () => Directory.Move(Path.Combine(Disk, "fed", "inner"), Path.Combine(Disk, "fed", "moved")),
                     () => File.Delete(Path.Combine(Disk, "fed", "moved", "a.txt")),
                 })
        {
            change();
            var news = default(ChangedPage);
            await Eventually.HoldsAsync(async () => (news = (await source.ChangesAsync(position, default)).Value)!.Changes.Count > 0);
            Assert.Equal("fed", Assert.Single(news!.Changes).Id);
            position = await SettledAsync();
        }

        // Another folder in its place was not watched.
        Directory.Move(Path.Combine(Disk, "fed"), Path.Combine(Disk, "gone"));
        Directory.CreateDirectory(Path.Combine(Disk, "fed"));
        Assert.Equal(FaultKind.Gone, (await source.ChangesAsync(position, default)).Fault!.Kind);
        Assert.NotEqual(position, await SettledAsync());

        async Task<string> SettledAsync()
        {
            var before = "";
            await Eventually.HoldsAsync(async () =>
            {
                var was = before;
                before = (await source.PositionAsync("fed", default)).Value!;
                await Task.Delay(1500);
                return was == before;
            });
            return before;
        }
    }
}
