using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The client's downloads against the real service.</summary>
[Collection(ClientCollection.Name)]
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
        // Received bytes were not requested again, so this costs less than one of the interruptions would otherwise.
        Assert.InRange(network.Passed, Large, Large + 1_499_999);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task Ends_over_a_network_that_resets_each_answer_after_200_kB()
    {
        await UploadAsync(length: 6 << 20);
        var network = new BreakingNetwork(int.MaxValue, after: 200_000);
        var done = await _rig.Client(_service.Address, _service.Key, network).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));
        Assert.True(done.IsVerified);
        Assert.InRange(network.Passed, 6 << 20, 7 << 20);
        Assert.Equal(ClientRig.Bytes(6 << 20), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task A_small_file_of_a_folder_comes_over_a_network_that_never_lasts_for_all_of_it()
    {
        await UploadAsync(length: 900_000);
        var entry = await _rig.Client(_service.Address, _service.Key).DescribeAsync($"{_place}/a.bin");
        var network = new BreakingNetwork(int.MaxValue, after: 200_000, path: $"/api/entries/{entry.Id}/content");
        var rule = RetryPolicy.Default.Network with { Attempts = 3 };
        var done = await _rig.Client(_service.Address, _service.Key, network, RetryPolicy.Default with { Network = rule })
            .DownloadFolderAsync(_place, _rig.At("target"));
        Assert.Equal((1, 0), (done.Moved, done.Failed));
        Assert.Equal(ClientRig.Bytes(900_000), await File.ReadAllBytesAsync(_rig.At("target/a.bin")));
    }

    [Fact]
    public async Task Saves_its_progress_by_bytes_however_fast_they_come()
    {
        await UploadAsync();
        // Each interruption is reported, independently of the clock.
        using var http = new HttpClient(new BreakingNetwork(40, after: 1_500_000)) { Timeout = Timeout.InfiniteTimeSpan };
        using var client = new ChunkUploadClient(
            new() { Service = _service.Address, Key = _service.Key, StateDirectory = _rig.States }, http, time: new StoppedClock());
        long saved = 0;
        await client.DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"), null, new ClientRig.Reports(now =>
        {
            var state = Directory.GetFiles(Path.Combine(_rig.States, "transfers"), "*.json").FirstOrDefault();
            if (now.Safe < 24 << 20 || now.Safe == now.Size || saved > 0 || state is null)
                return;
            using var read = JsonDocument.Parse(File.ReadAllBytes(state));
            saved = read.RootElement.GetProperty("written").EnumerateArray().Sum(range => range.GetProperty("length").GetInt64());
        }));
        Assert.InRange(saved, 8 << 20, Large);
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
        var done = await _rig.Client(_service.Address, _service.Key).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin"));
        // Not even for a moment: where no digest is known, nothing would show it.
        Assert.Equal((0, 0), (done.SavedByResuming, done.Retries));
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

    /// <summary>A clock by which no time passes, though timers end.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 1;
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
