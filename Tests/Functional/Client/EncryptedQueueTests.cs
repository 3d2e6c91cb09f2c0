using System.Text;
using ChunkUpload.Agent;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The agent of a user's machine encrypts and decrypts, also after a kill; lists and history show no secret.</summary>
[Collection(ClientCollection.Name)]
public sealed class EncryptedQueueTests : IAsyncLifetime
{
    private const int Large = 12 << 20;
    private const string Passphrase = "correct-horse-battery";

    private readonly TestService _service;
    private readonly AgentRig _rig;
    private readonly string _place = $"queue-{Guid.NewGuid():n}";

    public EncryptedQueueTests(ApiFixture fixture) => (_service, _rig) = (fixture.Service, new AgentRig(fixture.Service));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_file_and_a_folder_for_a_key_outlive_the_agent_and_come_back_by_it()
    {
        _ = Directory.CreateDirectory(_rig.Machine.At("photos/2026"));
        _rig.Machine.File("photos/2026/a.jpg", 5000);
        _rig.Machine.File("film.bin", Large, seed: 2);
        var (_, key, _) = await _rig.CuAsync(_service.Address, "keygen", "key.txt");
        await using var proxy = new CutProxy(_service.Address) { Rate = 6 << 20 };
        await _rig.StartAsync();
        Assert.Equal(0, (await _rig.CuAsync(
            proxy.Address, "up", "film.bin", "photos", "--to", $"{_place}/", "-b", "--encrypt-to", key.Trim())).Code);
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= Large / 3));
        await _rig.KillAsync();
        await _rig.StartAsync();
        proxy.Rate = 0;
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        foreach (var name in (string[])["film.bin", "photos/2026/a.jpg"])
        {
            var there = await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/{name}");
            Assert.StartsWith("chunkupload-encrypted/v1\n", Encoding.Latin1.GetString(there, 0, 40), StringComparison.Ordinal);
        }

        Assert.Equal(
            0, (await _rig.CuAsync(_service.Address, "get", $"{_place}/film.bin", "-o", "copy.bin", "-b", "--identity", "key.txt")).Code);
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "get", $"{_place}/photos", "-o", "back", "-b", "-i", "key.txt")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(Large, seed: 2), await File.ReadAllBytesAsync(_rig.Machine.At("copy.bin")));
        Assert.Equal(ClientRig.Bytes(5000), await File.ReadAllBytesAsync(_rig.Machine.At("back/2026/a.jpg")));

        // If the key file is missing, the agent reports it and does not download the encrypted bytes.
        File.Delete(_rig.Machine.At("key.txt"));
        await _rig.AskAsync(new AgentRequest
        {
            Do = Protocol.Add,
            Additions =
            [
                new Addition(
                    new QueuedWork
                    {
                        IsUp = false,
                        Local = _rig.Machine.At("no.bin"),
                        Remote = $"{_place}/film.bin",
                        Url = _service.Address.AbsoluteUri,
                        KeyFile = _rig.KeyFile,
                        Encryption = new QueuedEncryption { Identities = [_rig.Machine.At("key.txt")] },
                    },
                    new Plan()),
            ],
        });
        await _rig.EventuallyAsync(entries => entries is [{ State: "failed", Fault.Class: "localFile" }]);
        Assert.False(File.Exists(_rig.Machine.At("no.bin")));
    }

    [Fact]
    public async Task A_passphrase_lies_with_the_entry_alone_until_it_is_done_and_is_never_shown()
    {
        _rig.Machine.File("film.bin", Large);
        await _rig.StartAsync();
        var start = _rig.Machine.Start(
        [
            "up", "film.bin", "--to", $"{_place}/film.bin", "-b", "--passphrase", "--limit", "64k", "--json", "--url",
            _service.Address.AbsoluteUri, "--key-file", _rig.KeyFile,
        ]);
        start.Environment["CU_PASSPHRASE"] = Passphrase;
        using (var up = System.Diagnostics.Process.Start(start)!)
        {
            up.StandardInput.Close();
            var said = await up.StandardOutput.ReadToEndAsync() + await up.StandardError.ReadToEndAsync();
            await up.WaitForExitAsync();
            Assert.True(up.ExitCode == 0, said);
            Assert.DoesNotContain(Passphrase, said, StringComparison.Ordinal);
        }

        await _rig.EventuallyAsync(entries => entries[0].State == "running");
        var (_, listed, _) = await _rig.CuAsync(_service.Address, "queue", "--json");
        Assert.Contains("\"encrypted\":true", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(Passphrase, listed, StringComparison.Ordinal);
        Assert.Null((await _rig.EntriesAsync())[0].Work.Encryption!.Passphrase);
        var holding = Holding();
        Assert.Equal([Path.Combine(_rig.Place.Folder, "queue", "000000000001.json")], holding);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(holding[0]));

        await _rig.KillAsync();
        await _rig.StartAsync();
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "queue", "limit", "off", "--entry", "1")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Empty(Holding());
        var get = _rig.Machine.Start(
        [
            "get", $"{_place}/film.bin", "-o", "copy.bin", "--passphrase", "--url", _service.Address.AbsoluteUri, "--key-file",
            _rig.KeyFile,
        ]);
        get.Environment["CU_PASSPHRASE"] = Passphrase;
        using var fetch = System.Diagnostics.Process.Start(get)!;
        fetch.StandardInput.Close();
        await fetch.WaitForExitAsync();
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.Machine.At("copy.bin")));
    }

    private List<string> Holding() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(_rig.Machine.Folder, "state"), "*.json*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".json" or ".jsonl")
            .Where(file => File.ReadAllText(file).Contains(Passphrase, StringComparison.Ordinal)),
    ];
}
