using ChunkUpload.Tests.Functional.Dav;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Files in use.</summary>
public sealed partial class SyncTests
{
    [Fact]
    public async Task Files_in_use_and_new_empty_ones_wait_and_the_others_go_on()
    {
        await TransferRig.PutAsync(Client, "used/a.docx", [1]);
        await TransferRig.PutAsync(Client, "used/locked/b.txt", [2]);
        await TransferRig.PutAsync(Client, "used/c.txt", [3]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "used"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");

        // A program has one open at the other side, a client of WebDAV has locked a folder, and one has no content yet.
        Write("~$a.docx", [9]);
        using var dav = new DavClient(_service, "used");
        using var locked = await dav.SendAsync("LOCK", "locked", DavClient.Exclusive);
        Assert.True(locked.IsSuccessStatusCode, await locked.Content.ReadAsStringAsync());
        await ReplaceAsync("used/a.docx", [1, 1]);
        await ReplaceAsync("used/c.txt", [3, 3]);
        Write("locked/b.txt", [2, 2]);
        Write("empty.txt", []);
        await RunAsync(pair);
        var waiting = await UntilAsync(pair, "waiting", () => Files().Contains(("c.txt", "0303")));
        Assert.Contains("3 files are open", waiting.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains(("a.docx", "01"), Files());
        Assert.Equal([2], await Client.GetByteArrayAsync("/api/tree/used/locked/b.txt"));
        Assert.DoesNotContain(await OneDriveRig.OwnFilesAsync(Client, "used"), file => file.Path == "empty.txt");

        // They follow when they are not in use any more.
        File.Delete(Path.Combine(Disk, "~$a.docx"));
        Write("empty.txt", [4]);
        var token = locked.Headers.GetValues("Lock-Token").Single();
        Assert.Equal(204, await dav.StatusAsync("UNLOCK", "locked", null, ("Lock-Token", token)));
        await RunAsync(pair);
        await UntilAsync(pair, "in_step", () => Files().Contains(("a.docx", "0101")));
        Assert.Equal([2, 2], await Client.GetByteArrayAsync("/api/tree/used/locked/b.txt"));
        Assert.Equal([4], await Client.GetByteArrayAsync("/api/tree/used/empty.txt"));
    }
}
