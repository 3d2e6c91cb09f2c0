using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The client's downloads against the real service.</summary>
[Collection(ApiCollection.Name)]
public sealed class DownloadTests(ApiFixture fixture) : IDisposable
{
    private const int Large = 50 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"client-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Large)]
    public async Task Fetches_a_file_with_its_time_and_mode(int length)
    {
        var client = _rig.Client(_service.Address, _service.Key);
        var file = _rig.File("a.bin", length);
        File.SetLastWriteTimeUtc(file, new DateTime(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await client.UploadFileAsync(file, new UploadOptions { Path = $"{_place}/a.bin" });

        var done = await client.DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));

        Assert.Equal((true, false, length), (done.IsVerified, done.WasThere, done.Size));
        Assert.Equal(ClientRig.Bytes(length), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        Assert.Equal(File.GetLastWriteTimeUtc(file), File.GetLastWriteTimeUtc(_rig.At("copy.bin")));
        Assert.Equal(File.GetUnixFileMode(file), File.GetUnixFileMode(_rig.At("copy.bin")));
        Assert.Empty(Directory.GetFiles(_rig.Folder, ".*.cu-part"));
        Assert.True((await client.DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"))).WasThere);
    }

    [Fact]
    public async Task Goes_on_where_answers_broke()
    {
        await UploadAsync();
        var network = new BreakingNetwork(breaks: 9, after: 1_500_000);
        var done = await _rig.Client(_service.Address, _service.Key, network).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));
        Assert.True(network.Left <= 0);
        // An answer may be at its end before it breaks.
        Assert.InRange(done.Retries, 5, 9);
        // What had come was not asked for again; less than one of the breaks would cost otherwise.
        Assert.InRange(network.Passed, Large, Large + 1_499_999);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Goes_on_where_an_earlier_run_was_stopped_even_if_its_bytes_were_spoilt(bool spoil)
    {
        await UploadAsync();
        await StopHalfwayAsync();
        var part = Assert.Single(Directory.GetFiles(_rig.Folder, ".*.cu-part"));
        if (spoil)
        {
            await using var file = File.Open(part, FileMode.Open);
            file.Write(new byte[Large]);
        }

        var done = await _rig.Client(_service.Address, _service.Key).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));
        Assert.True(spoil || done.SavedByResuming > 0);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task Never_mixes_two_versions()
    {
        await UploadAsync();
        await StopHalfwayAsync();
        await UploadAsync(seed: 2);
        await _rig.Client(_service.Address, _service.Key).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));
        Assert.Equal(ClientRig.Bytes(Large, 2), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task Replaces_another_file_only_when_asked_to()
    {
        await UploadAsync(length: 1000);
        var client = _rig.Client(_service.Address, _service.Key);
        var other = _rig.File("copy.bin", 1000, seed: 3);
        var failure = await Assert.ThrowsAsync<TransferException>(() => client.DownloadFileAsync($"{_place}/a.bin", other));
        Assert.Equal(TransferFailure.Conflict, failure.Failure);
        Assert.Equal(ClientRig.Bytes(1000, 3), await File.ReadAllBytesAsync(other));
        await client.DownloadFileAsync($"{_place}/a.bin", other, new DownloadOptions { Overwrite = true });
        Assert.Equal(ClientRig.Bytes(1000), await File.ReadAllBytesAsync(other));
    }

    [Fact]
    public async Task Fetches_what_a_link_shares()
    {
        await UploadAsync(length: 3_000_000);
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "download", path = $"{_place}/a.bin" });
        var client = _rig.Client(new Uri(_service.Address, link.Path), key: null);
        var done = await client.DownloadFileAsync("", _rig.Folder);
        Assert.Equal(_rig.At("a.bin.copy"), done.File + ".copy");
        Assert.Equal(ClientRig.Bytes(3_000_000), await File.ReadAllBytesAsync(done.File!));
        links.Close();
    }

    [Fact]
    public async Task Says_that_nothing_is_there()
    {
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => _rig.Client(_service.Address, _service.Key).DownloadFileAsync($"{_place}/nothing", _rig.Folder));
        Assert.Equal(TransferFailure.NotFound, failure.Failure);
    }

    private async Task UploadAsync(int length = Large, int seed = 1)
    {
        var client = _rig.Client(_service.Address, _service.Key);
        await client.UploadFileAsync(_rig.File("a.bin.source", length, seed), new UploadOptions { Path = $"{_place}/a.bin" });
    }

    private Task StopHalfwayAsync() => ClientRig.InterruptAsync(1 << 20, (progress, stop) =>
        _rig.Client(_service.Address, _service.Key, new BreakingNetwork(int.MaxValue, after: 300_000))
            .DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"), null, progress, stop));
}
