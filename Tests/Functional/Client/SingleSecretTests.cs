using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Single files, beside and inside encrypted folders.</summary>
[Collection(ClientCollection.Name)]
public sealed class SingleSecretTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"single-{Guid.NewGuid():n}";
    private readonly AgeHybridIdentity _identity = AgeHybridIdentity.Create();

    private EncryptionOptions Hiding => new() { Recipients = [_identity.Recipient], EncryptName = true };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_file_with_a_hidden_name_is_found_again_by_its_name()
    {
        var client = Client();
        // Other files in the folder are skipped: an unencrypted one that looks similar, and one for another recipient.
        await client.UploadFileAsync(_rig.File("b.txt", 7, seed: 2), new UploadOptions { Path = $"{_place}/{new string('a', 60)}" });
        await client.UploadFileAsync(_rig.File("c.txt", 8, seed: 3), new UploadOptions
        {
            Path = $"{_place}/plan.txt",
            Encryption = Hiding with { Recipients = [AgeIdentity.Create().Recipient] },
        });
        var done = await client.UploadFileAsync(
            _rig.File("plan.txt", 100_000), new UploadOptions { Path = $"{_place}/plan.txt", Encryption = Hiding });
        Assert.DoesNotContain("plan", done.Path, StringComparison.Ordinal);

        var got = await client.DownloadFileAsync(
            $"{_place}/plan.txt", _rig.At("copy.txt"), new DownloadOptions { Identities = [_identity] });
        Assert.Equal(ClientRig.Bytes(100_000), await File.ReadAllBytesAsync(got.File!));
        var missing = await Assert.ThrowsAsync<TransferException>(() => client.DownloadFileAsync(
            $"{_place}/plan.doc", _rig.At("copy2"), new DownloadOptions { Identities = [_identity] }));
        Assert.Equal(TransferFailure.NotFound, missing.Failure);
    }

    [Fact]
    public async Task A_file_in_clear_does_not_go_into_an_encrypted_folder()
    {
        FolderRig.Write(_rig.At("s"), "a.txt", 10, 1);
        await Client().UploadFolderAsync(_rig.At("s"), _place, new FolderOptions { Encryption = Hiding });
        var file = _rig.File("plain.txt", 10);
        var options = new UploadOptions { Path = $"{_place}/plain.txt" };
        await RefusedAsync(Client().UploadFileAsync(file, options));
        using var stream = new MemoryStream([1]);
        await RefusedAsync(Client().UploadAsync(stream, options));
        // This machine knows folders below it, too, and another one asks the service.
        await RefusedAsync(Client().UploadFileAsync(file, new UploadOptions { Path = $"{_place}/deep/er/plain.txt" }));
        Directory.Delete(_rig.States, recursive: true);
        await RefusedAsync(Client().UploadFileAsync(file, options));
        await Client().UploadFileAsync(file, options with { Encryption = Hiding });

        static async Task RefusedAsync(Task<UploadResult> sending) =>
            Assert.Equal("folder_is_encrypted", (await Assert.ThrowsAsync<TransferException>(() => sending)).Code);
    }

    private ChunkUploadClient Client() => _rig.Client(_service.Address, _service.Key);
}
