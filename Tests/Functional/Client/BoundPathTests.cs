using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Files of encrypted folders, which a service cannot return for each other.</summary>
[Collection(ClientCollection.Name)]
public sealed class BoundPathTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"bound-{Guid.NewGuid():n}";
    private readonly AgeIdentity _identity = AgeIdentity.Create();

    private FolderOptions Opening => new() { Identities = [_identity] };

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(false, 300)]
    [InlineData(true, 300)]
    [InlineData(false, 2 << 20)]
    public async Task Exchanged_files_fail_and_the_others_come(bool hidesNames, int length)
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "a.bin", length, 1);
        FolderRig.Write(source, "b.bin", length, 2);
        FolderRig.Write(source, "below/c.bin", length, 3);
        var client = Client();
        Assert.Empty((await client.UploadFolderAsync(source, _place, For(hidesNames))).Failures);

        // As the service has them: without a key, names stay as they are.
        var files = new List<string>();
        await foreach (var entry in client.ListAsync(_place))
        {
            if (entry.Kind == "file" && !entry.Path.EndsWith(".chunkupload-key", StringComparison.Ordinal))
                files.Add(entry.Path);
        }

        Assert.Equal(2, files.Count);
        _ = await client.MoveAsync(files[0], $"{_place}/between");
        _ = await client.MoveAsync(files[1], files[0]);
        _ = await client.MoveAsync($"{_place}/between", files[1]);

        var down = await client.DownloadFolderAsync(_place, _rig.At("target"), Opening);
        Assert.Equal(["a.bin", "b.bin"], down.Failures.Select(item => item.Path).Order(StringComparer.Ordinal));
        Assert.All(down.Failures, item => Assert.Equal(TransferFailure.Checksum, item.Failure));
        Assert.Equal(
            [_rig.At("target/below/c.bin")], Directory.GetFiles(_rig.At("target"), "*", SearchOption.AllDirectories));
        var alone = await Assert.ThrowsAsync<TransferException>(
            () => client.DownloadFileAsync($"{_place}/a.bin", _rig.At("alone"), new() { Identities = [_identity] }));
        Assert.Equal("other_path", alone.Code);
        Assert.Contains("renamed or exchanged", alone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renamed_file_fails_and_is_opened_here()
    {
        FolderRig.Write(_rig.At("source"), "a.bin", 300, 1);
        var client = Client();
        _ = await client.UploadFolderAsync(_rig.At("source"), _place, For(hidesNames: false));
        _ = await client.MoveAsync($"{_place}/a.bin", $"{_place}/b.bin");
        var failed = Assert.Single((await client.DownloadFolderAsync(_place, _rig.At("target"), Opening)).Failures);
        Assert.Contains("cu decrypt", failed.Message, StringComparison.Ordinal);

        // As the message says.
        _ = await client.DownloadFileAsync($"{_place}/b.bin", _rig.At("sealed"));
        _ = await ChunkUploadClient.DecryptFileAsync(_rig.At("sealed"), _rig.At("opened"), [_identity]);
        Assert.Equal(ClientRig.Bytes(300, 1), await File.ReadAllBytesAsync(_rig.At("opened")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_moved_folder_comes_back_also_in_part_and_with_what_is_above(bool hidesNames)
    {
        FolderRig.Write(_rig.At("source"), "a.bin", 300, 1);
        // Names are compared in the form in which they are sent.
        FolderRig.Write(_rig.At("source"), "below/e\u0301.bin", 2 << 20, 2);
        var client = Client();
        Assert.Empty((await client.UploadFolderAsync(_rig.At("source"), $"{_place}/photos", For(hidesNames))).Failures);
        _ = await client.MoveAsync($"{_place}/photos", $"{_place}/pictures");

        foreach (var (path, at) in new[] { ("", 0), ("/pictures", 1), ("/pictures/below", 2) })
            Assert.Empty((await client.DownloadFolderAsync(_place + path, _rig.At($"target-{at}"), Opening)).Failures);
        _ = await client.DownloadFileAsync($"{_place}/pictures/a.bin", _rig.At("alone"), new() { Identities = [_identity] });
        Assert.Equal(ClientRig.Bytes(300, 1), await File.ReadAllBytesAsync(_rig.At("alone")));
    }

    [Fact]
    public async Task Files_of_older_clients_are_opened_and_not_sent_again()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "old.bin", 300, 1);
        var client = Client();
        // A single file is bound to no path, as all files of older clients.
        _ = await client.UploadFileAsync(
            Path.Combine(source, "old.bin"), new() { Path = $"{_place}/old.bin", Encryption = For(hidesNames: false).Encryption });
        FolderRig.Write(source, "new.bin", 300, 2);
        var sent = await client.UploadFolderAsync(source, _place, For(hidesNames: false));
        Assert.Equal((1, 1, 0), (sent.Moved, sent.Unchanged, sent.Failed));

        _ = await client.MoveAsync($"{_place}/old.bin", $"{_place}/renamed.bin");
        var down = await client.DownloadFolderAsync(_place, _rig.At("target"), Opening);
        Assert.Empty(down.Failures);
        Assert.Equal(ClientRig.Bytes(300, 1), await File.ReadAllBytesAsync(_rig.At("target/renamed.bin")));
    }

    private FolderOptions For(bool hidesNames) => new()
    {
        Encryption = new EncryptionOptions { Recipients = [_identity.Recipient], EncryptName = hidesNames },
    };

    private ChunkUploadClient Client() => _rig.Client(_service.Address, _service.Key);
}
