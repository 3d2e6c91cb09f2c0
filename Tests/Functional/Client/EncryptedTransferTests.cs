using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Files that are encrypted on their way up and decrypted on their way down, over networks that break.</summary>
[Collection(ClientCollection.Name)]
public sealed class EncryptedTransferTests(ApiFixture fixture) : IDisposable
{
    private const int Large = 20 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"encrypted-{Guid.NewGuid():n}";
    private readonly AgeIdentity _identity = AgeIdentity.Create();

    private DownloadOptions Opening => new() { Identities = [_identity] };

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(16 << 10)]
    [InlineData(100_000)]
    [InlineData(Large)]
    public async Task What_was_encrypted_comes_back_and_the_service_has_nothing_of_it(int length)
    {
        var text = new byte[length];
        Array.Fill(text, (byte)'x');
        var file = _rig.At("text.txt");
        await File.WriteAllBytesAsync(file, text);
        var client = Client();

        var done = await client.UploadFileAsync(file, Encrypting("text.txt"));
        var there = await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/text.txt");
        Assert.Equal((there.Length, ClientRig.Sha256(there)), ((int)done.Size, done.Sha256));
        Assert.StartsWith("chunkupload-encrypted/v1\n-> X25519 ", Encoding.Latin1.GetString(there), StringComparison.Ordinal);
        Assert.True(there.AsSpan().IndexOf("xxxxxxxx"u8) < 0);

        var got = await client.DownloadFileAsync($"{_place}/text.txt", _rig.At("copy.txt"), Opening);
        Assert.Equal((true, length, ClientRig.Sha256(text)), (got.IsVerified, (int)got.Size, got.Sha256));
        Assert.Equal(text, await File.ReadAllBytesAsync(got.File!));
        Assert.True((await client.DownloadFileAsync($"{_place}/text.txt", _rig.At("copy.txt"), Opening)).WasThere);
        using var stream = new MemoryStream();
        _ = await client.DownloadAsync(done.Id!, stream, new() { Identities = [done.ContentKey!] });
        Assert.Equal(text, stream.ToArray());
    }

    [Fact]
    public async Task Sending_and_fetching_go_on_where_they_ended()
    {
        var file = _rig.File("film.bin", Large);
        await using var proxy = new CutProxy(_service.Address, cuts: [3_000_000, 9_000_000]);
        await ClientRig.InterruptAsync(4 << 20, (progress, stop) =>
            Client(proxy.Address).UploadFileAsync(file, Encrypting("film.bin"), progress, stop));
        var done = await Client(proxy.Address).UploadFileAsync(file, Encrypting("film.bin"));
        Assert.True(done.SavedByResuming > 0);
        Assert.InRange(proxy.Passed, Large, Large + proxy.MayBeLost + (6 << 20));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_rig.States, "transfers")));

        var copy = _rig.At("copy.bin");
        await ClientRig.InterruptAsync(1 << 20, (progress, stop) =>
            Client(new BreakingNetwork(int.MaxValue, 300_000)).DownloadFileAsync($"{_place}/film.bin", copy, Opening, progress, stop));
        var got = await Client(new BreakingNetwork(20, 500_001)).DownloadFileAsync($"{_place}/film.bin", copy, Opening);
        Assert.True(got.SavedByResuming > 0);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(copy));
    }

    [Fact]
    public async Task A_download_that_goes_on_never_mixes_two_versions_of_which_no_digest_tells()
    {
        var copy = _rig.At("copy.bin");
        _ = await Client().UploadFileAsync(_rig.File("film.bin", Large), Encrypting("film.bin"));
        await ClientRig.InterruptAsync(1 << 20, (progress, stop) =>
            Client(new BreakingNetwork(int.MaxValue, 300_000)).DownloadFileAsync($"{_place}/film.bin", copy, Opening, progress, stop));
        _ = await Client().UploadFileAsync(_rig.File("film.bin", Large, seed: 2), Encrypting("film.bin"));
        _ = await Client().DownloadFileAsync($"{_place}/film.bin", copy, Opening);
        Assert.Equal(ClientRig.Bytes(Large, seed: 2), await File.ReadAllBytesAsync(copy));
    }

    [Fact]
    public async Task A_source_that_changed_unseen_between_a_kill_and_the_continuation_gets_another_key()
    {
        var file = _rig.File("film.bin", Large);
        var time = File.GetLastWriteTimeUtc(file);
        using var sent = new SentChunks();
        await ClientRig.InterruptAsync(4 << 20, (progress, stop) =>
            Client(sent).UploadFileAsync(file, Encrypting("film.bin"), progress, stop));

        var bytes = ClientRig.Bytes(Large);
        for (var at = 0; at < bytes.Length; at += 100_000)
            bytes[at] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        File.SetLastWriteTimeUtc(file, time);
        _ = await Client(sent).UploadFileAsync(file, Encrypting("film.bin"));

        _ = await Client().DownloadFileAsync($"{_place}/film.bin", _rig.At("copy.bin"), Opening);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        // Under one key, what was sent for an offset is always the same: a nonce met one text only.
        Assert.Equal(2, sent.Sessions);
        Assert.Empty(sent.Contradictions);
    }

    [Fact]
    public async Task Without_the_digests_of_what_was_encrypted_its_key_is_not_used_again()
    {
        var file = _rig.File("film.bin", Large);
        using var sent = new SentChunks();
        await ClientRig.InterruptAsync(4 << 20, (progress, stop) =>
            Client(sent).UploadFileAsync(file, Encrypting("film.bin"), progress, stop));
        File.Delete(Directory.EnumerateFiles(Path.Combine(_rig.States, "transfers"), "*.text").Single());
        _ = await Client(sent).UploadFileAsync(file, Encrypting("film.bin"));
        Assert.Equal(2, sent.Sessions);
        _ = await Client().DownloadFileAsync($"{_place}/film.bin", _rig.At("copy.bin"), Opening);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task Another_key_a_damaged_byte_and_a_file_in_clear_are_told_apart()
    {
        var file = _rig.File("text.bin", 100_000);
        var client = Client();
        var done = await client.UploadFileAsync(file, Encrypting("text.bin"));
        var copy = _rig.At("copy.bin");
        var wrong = await Assert.ThrowsAsync<TransferException>(() =>
            client.DownloadFileAsync(done.Id!, copy, new() { Identities = [AgeIdentity.Create()] }));
        Assert.Equal((TransferFailure.Authentication, "wrong_decryption_key"), (wrong.Failure, wrong.Code));

        var bytes = await _service.Client.GetByteArrayAsync($"/api/files/{done.Id}/content");
        bytes[^40_000] ^= 1;
        await File.WriteAllBytesAsync(_rig.At("damaged.bin"), bytes);
        var damaged = await client.UploadFileAsync(_rig.At("damaged.bin"), new() { Path = $"{_place}/damaged.bin" });
        var refused = await Assert.ThrowsAsync<TransferException>(() => client.DownloadFileAsync(damaged.Id!, copy, Opening));
        Assert.Equal(TransferFailure.Checksum, refused.Failure);

        // A whole number of chunks less: only the end that is missing shows it.
        await File.WriteAllBytesAsync(_rig.At("cut.bin"), bytes[..^((100_000 % 16_384) + 16)]);
        var cut = await client.UploadFileAsync(_rig.At("cut.bin"), new() { Path = $"{_place}/cut.bin" });
        refused = await Assert.ThrowsAsync<TransferException>(() => client.DownloadFileAsync(cut.Id!, copy, Opening));
        Assert.Equal(TransferFailure.Checksum, refused.Failure);

        var plain = await client.UploadFileAsync(file, new() { Path = $"{_place}/plain.bin" });
        refused = await Assert.ThrowsAsync<TransferException>(() => client.DownloadFileAsync(plain.Id!, copy, Opening));
        Assert.Equal("not_encrypted", refused.Code);
        Assert.False(File.Exists(copy));
    }

    [Fact]
    public async Task A_stream_and_a_name_are_encrypted_too()
    {
        var bytes = ClientRig.Bytes(9 << 20);
        var client = Client();
        var options = Encrypting("secret plan.pdf");
        var done = await client.UploadAsync(
            new MemoryStream(bytes), options with { Encryption = options.Encryption! with { EncryptName = true } });
        Assert.StartsWith($"{_place}/", done.Path, StringComparison.Ordinal);
        Assert.DoesNotContain("plan", done.Path!, StringComparison.Ordinal);
        var got = await client.DownloadFileAsync(done.Path!, _rig.Folder, Opening);
        Assert.Equal(_rig.At("secret plan.pdf"), got.File);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(got.File!));
    }

    [Fact]
    public async Task A_link_with_the_key_behind_it_opens_the_file_and_one_without_gives_what_the_service_has()
    {
        var file = _rig.File("text.bin", 100_000);
        var done = await Client().UploadFileAsync(file, Encrypting("text.bin"));
        using var answer = await _service.Client.PostAsJsonAsync("/api/links", new { kind = "download", path = done.Path });
        var url = (await ApiClient.JsonAsync(answer, System.Net.HttpStatusCode.Created)).GetProperty("url").GetString()!;
        var link = new Uri(_service.Address, new Uri(url).AbsolutePath);

        var (code, _, errors) = await _rig.RunCuAsync(
            _service.Address, null, "get", $"{link}#{done.ContentKey!.ToFragment()}", "-o", "copy.bin");
        Assert.True(code == 0, errors);
        Assert.Equal(ClientRig.Bytes(100_000), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        _ = await _rig.Client(link, null).DownloadFileAsync("", _rig.At("raw.bin"));
        Assert.Equal(done.Size, new FileInfo(_rig.At("raw.bin")).Length);
    }

    [Fact]
    public async Task Works_as_a_user_types_it()
    {
        var text = ClientRig.Bytes(300_000);
        _rig.File("plan.pdf", text.Length);
        var (code, key, _) = await RunAsync("keygen", "key.txt");
        Assert.Equal(0, code);
        Assert.Equal(2, (await RunAsync("keygen", "key.txt")).Code);
        string[] up = ["up", "plan.pdf", "--to", $"{_place}/", "--encrypt-to", key.Trim(), "--encrypt-to", "key.txt"];
        Assert.Equal(0, (await RunAsync(up)).Code);
        Assert.Equal(0, (await RunAsync("get", $"{_place}/plan.pdf", "--identity", "key.txt", "-o", "copy.pdf")).Code);
        Assert.Equal(text, await File.ReadAllBytesAsync(_rig.At("copy.pdf")));
        await RunAsync("keygen", "other.txt");
        Assert.Equal(6, (await RunAsync("get", $"{_place}/plan.pdf", "--identity", "other.txt", "-o", "no.pdf")).Code);
        var (_, _, note) = await RunAsync("get", $"{_place}/plan.pdf", "-o", "raw.pdf");
        Assert.Contains("--identity", note, StringComparison.Ordinal);
        var (_, fragment, _) = await RunAsync("reveal", $"{_place}/plan.pdf", "--identity", "key.txt");
        Assert.NotNull(ContentKey.TryParse(fragment.Trim()));
        var (_, link, _) = await RunAsync("share", $"{_place}/plan.pdf", "--identity", "key.txt");
        Assert.EndsWith("#" + fragment.Trim(), link.Trim(), StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("up", "plan.pdf", "--encrypt-to", "plan.pdf")).Code);
        Assert.Equal(2, (await RunAsync("up", "plan.pdf", "--passphrase")).Code);
    }

    [Fact]
    public async Task A_passphrase_is_asked_for_at_the_terminal_while_content_comes_through_a_pipe()
    {
        await File.WriteAllTextAsync(_rig.At("up.sh"), $"""
            export XDG_STATE_HOME={_rig.At("state")} XDG_CONFIG_HOME={_rig.At("config")}
            printf content | dotnet {string.Join(' ', ClientRig.Program)} up - --to {_place}/a.txt --passphrase --url {_service.Address} \
                --key-file {_service.KeyFile} 2>errors
            """);
        // A terminal of its own, on which the passphrase is typed twice.
        var seen = await Tool.RunAsync(_rig.Folder, "sh", "-c", "printf 'open\nopen\n' | script -qec 'sh up.sh' /dev/null");
        Assert.True(seen.Contains("Passphrase", StringComparison.Ordinal), seen + await File.ReadAllTextAsync(_rig.At("errors")));

        var start = _rig.Start(
            ["get", $"{_place}/a.txt", "-o", "-", "--passphrase", "--url", _service.Address.AbsoluteUri, "--key-file", _service.KeyFile]);
        start.Environment["CU_PASSPHRASE"] = "open";
        using var get = System.Diagnostics.Process.Start(start)!;
        get.StandardInput.Close();
        Assert.Equal("content", await get.StandardOutput.ReadToEndAsync());
    }

    private UploadOptions Encrypting(string name) => new()
    {
        Path = $"{_place}/{name}",
        Encryption = new EncryptionOptions { Recipients = [_identity.Recipient] },
    };

    private ChunkUploadClient Client(Uri? address = null) => _rig.Client(address ?? _service.Address, _service.Key);

    private ChunkUploadClient Client(HttpMessageHandler network) => _rig.Client(_service.Address, _service.Key, network);

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}

/// <summary>A network that remembers the bytes of each session, by their offset, and which were sent otherwise before.</summary>
internal sealed class SentChunks() : DelegatingHandler(new SocketsHttpHandler())
{
    private const int Most = 32 << 20;

    private readonly ConcurrentDictionary<string, short[]> _sessions = new();
    private readonly ConcurrentBag<string> _contradictions = [];

    public int Sessions => _sessions.Count;

    public IReadOnlyCollection<string> Contradictions => _contradictions;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var parts = request.RequestUri!.AbsolutePath.Split('/');
        if (request.Method == HttpMethod.Put && parts is [.., "sessions", var session, "chunks", var at])
        {
            var offset = request.Content!.Headers.ContentRange?.From ?? long.Parse(at, null);
            var known = _sessions.GetOrAdd(session, _ =>
            {
                var none = new short[Most];
                Array.Fill(none, (short)-1);
                return none;
            });
            foreach (var value in await request.Content.ReadAsByteArrayAsync(cancellationToken))
            {
                if (known[offset] >= 0 && known[offset] != value)
                    _contradictions.Add($"{session} at {offset}");
                known[offset++] = value;
            }
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
