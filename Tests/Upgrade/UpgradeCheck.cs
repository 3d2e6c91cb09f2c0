using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Checks;
using ChunkUpload.Tests.Functional.Dav;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Caller = ChunkUpload.Demo.Caller;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>
/// Restores what is kept of a release, starts this version on it, and goes on where the release has stopped: each file is read, each upload
/// and transfer is finished.
/// </summary>
internal sealed class UpgradeCheck(KeptRelease release)
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly KeptFacts _facts = release.ReadFacts();

    public async Task RunAsync()
    {
        var data = ServiceFolder.Create();
        using var drop = new TempFolder();
        await using var checker = await HookReceiver.StartAsync();
        checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        await using var hooks = await HookReceiver.StartAsync();
        await using var storages = await OneDriveRig.StartAsync(content: LedgerMaker.SessionsAddress);
        await LedgerMaker.SeedAsync(storages.Google.Drive);
        string[] settings =
        [
            $"--Check:Url={checker.Url}", $"--Check:Secret={CheckedService.Secret}", "--Webhooks:AllowPrivateNetworks=true",
            "--Tus:Extensions=creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,"
                + "concatenation,concatenation-unfinished",
            // The ledger may be years old: nothing of it may be too old.
            "--Files:KeepDeleted=36500.00:00:00", "--Jobs:KeepHistory=3650.00:00:00", "--Statistics:KeepFor=3650.00:00:00",
            $"--Connections:Folders=Drop|{drop.Path}|both|everyone", .. storages.Settings.Select(pair => $"--{pair.Key}={pair.Value}"),
        ];
        try
        {
            await KeptCluster.RestoreAsync(release, data);
            await using (var service = await ServiceProcess.StartAsync(data, settings))
            {
                var client = UpgradeClient.Of(service);
                await FsckAsync(data, settings);
                await StatesAsync(client);
                await TransfersAsync(client, storages, drop.Path);
                await UploadsAsync(service, client);
                await FilesAsync(service);
                await PropertiesAsync(service);
                await PeopleAsync(service, client);
                await LinksAsync(service);
                await ProjectsAsync(service);
                await SyncsAsync(client);
                await WebhooksAsync(client, hooks);
                await ListsAsync(client);
                Assert.Equal(0, await service.StopAsync());
            }

            await FsckAsync(data, settings);
            await using var audit = ServiceProcess.Launch(data, ["audit", "verify"]);
            Assert.True(await audit.ExitCodeAsync() == 0, audit.Output);
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(data);
            ServiceFolder.Remove(data);
        }
    }

    private static async Task FsckAsync(string data, string[] settings)
    {
        await using var fsck = ServiceProcess.Launch(data, ["fsck", "--deep", .. settings]);
        Assert.True(await fsck.ExitCodeAsync() == 0, fsck.Output);
    }

    private async Task StatesAsync(UpgradeClient client)
    {
        foreach (var kept in _facts.States)
        {
            var wanted = kept.Then ?? kept.State;
            await Eventually.BecomesAsync(
                () => client.StateAsync(kept.Id), state => state == wanted, $"upload {kept.Id}, which was {kept.State}, is {wanted}");
        }
    }

    private async Task FilesAsync(ServiceProcess service)
    {
        foreach (var file in _facts.Files)
        {
            var client = UpgradeClient.Of(service, file.Key);
            using var answer = await client.AnswerAsync(HttpMethod.Get, file.Address, null);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{file.Address}: {(int)answer.StatusCode}");
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(
                KeptFacts.Sha256(bytes) == KeptFacts.Sha256(KeptFacts.Bytes(file.Seed, file.Size)), $"{file.Address} has other content.");
        }
    }

    private async Task PropertiesAsync(ServiceProcess service)
    {
        using var dav = new DavClient(service.Address, service.Key, "Projects");
        Assert.Equal(_facts.Names["note of the plan"], (await dav.PropertyAsync(LedgerMaker.Annotated, LedgerMaker.Property))?.Value);
    }

    private async Task UploadsAsync(ServiceProcess service, UpgradeClient owner)
    {
        foreach (var upload in _facts.Uploads)
        {
            var client = UpgradeClient.Of(service, upload.Key);
            var bytes = KeptFacts.Bytes(upload.Seed, upload.Size);
            switch (upload.Protocol)
            {
                case "session":
                    if (_facts.Names["paused"] == upload.Address)
                        _ = await client.PostAsync(upload.Address + "/resume", null);
                    if (_facts.Names["broken chunk"] == upload.Address)
                        await client.ContinueChunkAsync(upload.Address, bytes, 0, 200_000);
                    await client.FillAsync(upload.Address, bytes);
                    _ = await client.PostAsync(upload.Address + "/complete", new { sha256 = KeptFacts.Sha256(bytes) });
                    break;
                case "tus":
                    var offset = await client.OffsetAsync(upload.Address, tus: true);
                    await client.TusPatchAsync(upload.Address, bytes, offset, bytes.Length, ("Upload-Length", $"{bytes.Length}"));
                    break;
                default:
                    offset = await client.OffsetAsync(upload.Address, tus: false);
                    await client.IetfPatchAsync(upload.Address, bytes, offset, bytes.Length);
                    break;
            }

            if (upload.Content is { } content)
                await HasAsync(owner, content, bytes);
        }
    }

    private static async Task HasAsync(UpgradeClient client, string address, byte[] bytes)
    {
        await Eventually.HoldsAsync(async () =>
        {
            using var answer = await client.AnswerAsync(HttpMethod.Get, address, null);
            return answer.IsSuccessStatusCode;
        });
        Assert.Equal(KeptFacts.Sha256(bytes), KeptFacts.Sha256(await client.Http.GetByteArrayAsync(address)));
    }

    private async Task TransfersAsync(UpgradeClient client, OneDriveRig storages, string drop)
    {
        // Tokens of the emulators of that time are not known here, as if the sign-ins had ended meanwhile.
        foreach (var (connection, account) in _facts.Transfers.Where(one => one.Connection is not null)
            .Select(one => (one.Connection!, one.Account!)).Distinct())
        {
            var kind = (await client.GetAsync($"/api/connections/{connection}")).GetProperty("kind").GetString();
            var refreshToken = kind == "onedrive" ? await storages.SignInAsync(account) : await storages.Google.SignInAsync();
            _ = await client.SendAsync(
                HttpMethod.Put, $"/api/connections/{connection}/secret", JsonContent.Create(new { refreshToken }));
        }

        foreach (var kept in _facts.Transfers)
        {
            if (kept.Then is null)
            {
                Assert.Equal(kept.State, (await TransferRig.GetAsync(client.Http, kept.Id)).GetProperty("state").GetString());
                continue;
            }

            if (kept.Connection is null)
            {
                _ = await client.SendAsync(
                    HttpMethod.Patch, $"/api/transfers/{kept.Id}", JsonContent.Create(new { bandwidth = (string?)null }));
            }

            var ended = await TransferRig.UntilAsync(client.Http, kept.Id, "done", "partly_done", "failed", "cancelled");
            Assert.True(ended.GetProperty("state").GetString() == kept.Then, $"{ended}");
        }

        await HasAsync(client, "/api/tree/Inbox/imported.bin", KeptFacts.Bytes(LedgerMaker.ImportedSeed, LedgerMaker.ImportedSize));
        await SentAsync("Outgoing/outgoing.bin", OneDriveRig.Ann);
        await SentAsync("Signed/ended.bin", OneDriveRig.Ben);
        var machine = _facts.Files.Single(file => file.Address == "/api/tree/Machine/machine.bin");
        Assert.Equal(
            KeptFacts.Sha256(KeptFacts.Bytes(machine.Seed, machine.Size)),
            KeptFacts.Sha256(await File.ReadAllBytesAsync(Path.Combine(drop, "machine.bin"))));

        async Task SentAsync(string path, string account)
        {
            var sent = _facts.Files.Single(file => file.Address == $"/api/tree/{path}");
            Assert.Contains(
                (Path.GetFileName(path), KeptFacts.Sha256(KeptFacts.Bytes(sent.Seed, sent.Size))),
                await OneDriveRig.FilesAsync(storages.DriveOf(account)));
        }
    }

    private async Task PeopleAsync(ServiceProcess service, UpgradeClient client)
    {
        using (var ann = await Caller.SignInAsync(service.Address, "ann", LedgerMaker.Password, "127.0.0.1", Browser, default))
            Assert.Equal($"user:{_facts.Names["ann"]}", ann.Subject);
        var secret = SecondFactorTests.Decode(_facts.Names["sam's second factor"]);
        using (var http = service.CreateClient(withKey: false))
        {
            var code = OneTimeCodes.Code(secret, OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow()));
            http.DefaultRequestHeaders.Add("Origin", service.Address.GetLeftPart(UriPartial.Authority));
            var person = new UpgradeClient(http);
            // The one that succeeds is last: its cookie would come along with the others.
            _ = await person.PostAsync("/signin", new { name = "zoe", password = LedgerMaker.Password }, 401);
            _ = await person.PostAsync("/signin", new { name = "sam", password = LedgerMaker.Password }, 401);
            _ = await person.PostAsync("/signin", new { name = "sam", password = LedgerMaker.Password, code }, 200);
        }

        var camera = UpgradeClient.Of(service, _facts.Names["camera's key"]);
        _ = await camera.SendAsync(HttpMethod.Put, "/api/files/camera.bin", new ByteArrayContent([1]), 202);
        _ = await camera.SendAsync(HttpMethod.Get, "/api/files", null, 403);
        _ = await UpgradeClient.Of(service, _facts.Names["revoked key"]).SendAsync(HttpMethod.Get, "/api/files", null, 401);
        var limits = await client.GetAsync("/api/limits/tenant/studio");
        Assert.Equal(10_000_000_000, limits.GetProperty("limits").GetProperty("storedBytes").GetInt64());
    }

    private async Task LinksAsync(ServiceProcess service)
    {
        var guest = UpgradeClient.Of(service, "");
        _ = await guest.SendAsync(HttpMethod.Get, $"{_facts.Names["link with a password"]}/archive.zip", null, 401);
        _ = await guest.SendAsync(HttpMethod.Get, $"{_facts.Names["revoked link"]}/about", null, 410);
    }

    /// <summary>The devices of projects serve what they did, and the service accepts their next batch of changes.</summary>
    private async Task ProjectsAsync(ServiceProcess service)
    {
        foreach (var kept in _facts.Projects)
        {
            const string next = "/line-14/next.bin";
            var device = UpgradeClient.Of(service, kept.Key);
            Assert.Equal(kept.Paths.Order(), (await LedgerMaker.ServedAsync(device, kept.Id)).Order());
            _ = await device.PostAsync($"/api/projects/{kept.Id}/files/update", LedgerMaker.Batch(kept.Device, kept.Sequence, next), 200);
            Assert.Equal(kept.Paths.Append(next).Order(), (await LedgerMaker.ServedAsync(device, kept.Id)).Order());
        }
    }

    /// <summary>Pairs of folders follow the next change, and the open conflict can be decided.</summary>
    private async Task SyncsAsync(UpgradeClient client)
    {
        await AddAsync("plans/next.bin", "copy/next.bin");

        var pair = _facts.Names[LedgerMaker.PairWithConflict];
        var conflict = (await client.GetAsync($"/api/conflicts?sync={pair}&state=open")).GetProperty("items").EnumerateArray().Single();
        _ = await client.PostAsync(
            $"/api/conflicts/{conflict.GetProperty("id").GetString()}/decide",
            new { digest = conflict.GetProperty("digest").GetString(), answer = "left" });
        await LedgerMaker.SyncIsAsync(client, pair, "in_step");
        var ours = _facts.Files.Single(file => file.Address == "/api/tree/Pairs/ours/draft.bin");
        await HasAsync(client, "/api/tree/Pairs/theirs/draft.bin", KeptFacts.Bytes(ours.Seed, ours.Size));

        pair = _facts.Names[LedgerMaker.PausedPair];
        await LedgerMaker.SyncIsAsync(client, pair, "paused");
        _ = await client.PostAsync($"/api/syncs/{pair}/resume", null);
        await LedgerMaker.SyncIsAsync(client, pair, "in_step");
        await AddAsync("album/next.bin", "photos/next.bin");

        async Task AddAsync(string added, string followed)
        {
            var bytes = KeptFacts.Bytes(9100, 5000);
            _ = await client.SendAsync(HttpMethod.Put, $"/api/tree/Pairs/{added}", new ByteArrayContent(bytes));
            await HasAsync(client, $"/api/tree/Pairs/{followed}", bytes);
        }
    }

    /// <summary>What could not be delivered by the release arrives once its receiver can be reached.</summary>
    private async Task WebhooksAsync(UpgradeClient client, HookReceiver hooks)
    {
        var webhook = $"/api/webhooks/{_facts.Names["failing webhook"]}";
        var page = await client.GetAsync($"{webhook}/deliveries?state=waiting&limit=100");
        List<string> waiting = [.. page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("id").GetString()!)];
        Assert.NotEmpty(waiting);
        _ = await client.SendAsync(HttpMethod.Patch, webhook, JsonContent.Create(new { url = hooks.Url, enabled = true }));
        // They may be due in minutes only.
        foreach (var delivery in waiting)
            _ = await client.PostAsync($"{webhook}/deliveries/{delivery}/replay", null);
        await Eventually.HoldsAsync(() => Task.FromResult(hooks.Received.Count >= waiting.Count));
    }

    private async Task ListsAsync(UpgradeClient client)
    {
        foreach (var (list, names) in _facts.Lists.Where(one => one.Value.Count > 0))
        {
            var field = list.StartsWith("/api/users", StringComparison.Ordinal) || list == "/api/tenants"
                || list.StartsWith("/api/trash", StringComparison.Ordinal) ? "name" : "title";
            var now = await LedgerMaker.NamesAsync(client, list, field);
            Assert.All(names, name => Assert.Contains(name, now));
        }
    }
}
