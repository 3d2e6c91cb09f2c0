using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A bit that flips on the way costs one range, and not the file.</summary>
[Collection(ClientCollection.Name)]
public sealed class RangeRepairTests(ApiFixture fixture) : IDisposable
{
    private const int Large = 50 << 20;
    private const int Piece = 4 << 20;
    private const long At = 31_234_567;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"repair-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flipped_bit_costs_one_range(bool isLink)
    {
        await UploadAsync(null);
        var network = new FlippingNetwork(At, times: 1);
        var links = new LinkClient(_service);
        var link = isLink ? await links.MakeAsync(new { kind = "download", path = $"{_place}/a.bin" }) : null;
        var client = isLink
            ? _rig.Client(new Uri(_service.Address, link!.Path), key: null, network)
            : _rig.Client(_service.Address, _service.Key, network);
        var done = await client.DownloadFileAsync(isLink ? "" : $"{_place}/a.bin", _rig.At("copy.bin"));
        Assert.Equal((true, 0), (done.IsVerified, network.Left));
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        // With the digests of its pieces.
        Assert.InRange(network.Passed, Large + Piece, Large + Piece + 10_000);
        links.Close();
    }

    [Fact]
    public async Task A_flipped_bit_of_an_encrypted_file_costs_one_range()
    {
        var identity = AgeIdentity.Create();
        await UploadAsync(new EncryptionOptions { Recipients = [identity.Recipient] });
        var network = new FlippingNetwork(At, times: 1);
        _ = await _rig.Client(_service.Address, _service.Key, network).DownloadFileAsync(
            $"{_place}/a.bin", _rig.At("copy.bin"), new DownloadOptions { Identities = [identity], MaxPiece = Piece });
        Assert.Equal(0, network.Left);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        Assert.InRange(network.Passed, Large, Large + Piece + 200_000);
    }

    [Fact]
    public async Task A_bit_that_always_flips_ends_it_after_a_few_ranges()
    {
        await UploadAsync(null);
        var network = new FlippingNetwork(At, int.MaxValue);
        var failure = await Assert.ThrowsAsync<TransferException>(() =>
            _rig.Client(_service.Address, _service.Key, network).DownloadFileAsync($"{_place}/a.bin", _rig.At("copy.bin")));
        Assert.Equal(TransferFailure.Checksum, failure.Failure);
        Assert.InRange(network.Passed, Large, Large + (5 * Piece));
        Assert.False(File.Exists(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task The_service_gives_the_digests_of_pieces_from_an_offset_on()
    {
        await UploadAsync(null);
        var entry = await _rig.Client(_service.Address, _service.Key).DescribeAsync($"{_place}/a.bin");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/entries/{entry.Id}/content?digests=true");
        request.Headers.Range = new(Large - Piece - 10, Large - 1);
        using var answer = await _service.Client.SendAsync(request);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.False(answer.Headers.Contains("Repr-Digest"));
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((Large - Piece - 10, Piece), (body.GetProperty("offset").GetInt32(), body.GetProperty("piece").GetInt32()));
        var bytes = ClientRig.Bytes(Large);
        Assert.Equal(
            [ClientRig.Sha256(bytes[^(Piece + 10)..^10]), ClientRig.Sha256(bytes[^10..])],
            body.GetProperty("sha256").EnumerateArray().Select(digest => digest.GetString()!));
    }

    private Task<UploadResult> UploadAsync(EncryptionOptions? encryption) => _rig.Client(_service.Address, _service.Key).UploadFileAsync(
        _rig.File("a.bin.source", Large), new UploadOptions { Path = $"{_place}/a.bin", Encryption = encryption });

    /// <summary>A network that changes one byte of a file on its way, as often as it passes.</summary>
    private sealed class FlippingNetwork(long at, int times) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _left = times;
        private long _passed;

        public int Left => Math.Max(0, _left);

        public long Passed => Volatile.Read(ref _passed);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (request.Headers.Range is null || answer.Content.Headers.ContentLength is not { } length)
                return answer;
            var bytes = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            Interlocked.Add(ref _passed, bytes.Length);
            var offset = at - (answer.Content.Headers.ContentRange?.From ?? long.MaxValue);
            if (offset >= 0 && offset < length && Interlocked.Decrement(ref _left) >= 0)
                bytes[offset] ^= 1;
            var content = new ByteArrayContent(bytes);
            foreach (var (name, values) in answer.Content.Headers)
                _ = content.Headers.TryAddWithoutValidation(name, values);
            answer.Content = content;
            return answer;
        }
    }
}
