using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The verb connections beside a running service, and cu transfers.</summary>
public sealed class TransferVerbTests
{
    [Fact]
    public async Task Transfers_are_listed_shown_paused_resumed_and_cancelled_in_a_terminal()
    {
        using var cu = new ClientRig();
        await using var web = await WebRig.StartAsync();
        await using var service = await ServiceProcess.StartAsync(
            null, [.. WebRig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")]);
        using var client = service.CreateClient();
        var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var file = new WebFile { Bytes = TransferRig.Bytes(1, 900_000), ETag = "\"1\"" };
        file.Before = async number =>
        {
            // All later requests wait, too: the transfer must not end before it is paused.
            if (number < 3)
                return;
            reached.TrySetResult();
            await release.Task;
        };
        var folder = await OneDriveRig.MakeFolderAsync(client, "in");
        var transfer = await WebRig.StartAsync(client, folder, web.Add("/canary.bin", file));
        await reached.Task;

        var (code, listed, _) = await CuAsync("transfers");
        Assert.Equal(0, code);
        Assert.Matches($@"(?m)^{transfer}\s+(running|scanning|queued)", listed);
        (_, listed, _) = await CuAsync("transfers", "--state", "done");
        Assert.DoesNotContain(transfer, listed, StringComparison.Ordinal);
        (_, listed, _) = await CuAsync("transfers", "--json");
        Assert.Equal(transfer, ClientRig.Line(listed).GetProperty("id").GetString());

        (code, _, _) = await CuAsync("transfers", "pause", transfer);
        Assert.Equal(0, code);
        Assert.Equal("paused", (await TransferRig.GetAsync(client, transfer)).GetProperty("state").GetString());
        release.SetResult();
        (_, var shown, _) = await CuAsync("transfers", "show", transfer);
        Assert.Matches(@"(?m)^state\s+paused$", shown);
        Assert.Matches(@"(?m)^from\s+http$", shown);
        Assert.Matches(@"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d  [a-z_]+", shown);
        await CuAsync("transfers", "resume", transfer);
        await TransferRig.UntilAsync(client, transfer, "done");

        (code, _, var refused) = await CuAsync("transfers", "cancel", transfer);
        Assert.Equal((12, true), (code, refused.Contains("ended", StringComparison.Ordinal)));
        (code, _, refused) = await CuAsync("transfers", "--state", "lost");
        Assert.Equal((12, true), (code, refused.Contains("state must be of", StringComparison.Ordinal)));
        Assert.Equal(11, (await CuAsync("transfers", "show", Guid.NewGuid().ToString("n"))).Code);
        Assert.Equal(0, await service.StopAsync());

        Task<(int Code, string Output, string Errors)> CuAsync(params string[] arguments) =>
            cu.RunCuAsync(service.Address, Path.Combine(service.DataDirectory, "operator.key"), arguments);
    }

    [Fact]
    public async Task An_operator_on_the_machine_connects_an_account_without_a_browser()
    {
        await using var rig = await TransferRig.StartAsync();
        string[] settings = [.. rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        await using var service = await ServiceProcess.StartAsync(null, settings);
        using var client = service.CreateClient();
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "nobody gave this\n");
        var (code, said) = await VerbAsync("connections", "add", "google-drive", $"--secret={file}");
        Assert.Equal((2, true), (code, said.Contains("Nothing was kept.", StringComparison.Ordinal)));
        Assert.Equal(0, (await ListAsync()).GetArrayLength());

        await File.WriteAllTextAsync(file, await rig.SignInAsync() + "\n");
        (code, said) = await VerbAsync("connections", "add", "google-drive", $"--secret={file}", "--title=Office");
        Assert.True(code == 0, said);
        var connection = Assert.Single((await ListAsync()).EnumerateArray());
        Assert.Equal(
            ("Office", TransferRig.Account, "ready"),
            (connection.GetProperty("title").GetString(), connection.GetProperty("account").GetString(),
                connection.GetProperty("state").GetString()));
        var id = connection.GetProperty("id").GetString()!;
        Assert.Contains(id, said, StringComparison.Ordinal);
        (_, said) = await VerbAsync("connections", "list");
        Assert.Matches($@"(?m)^{id}\s+google-drive\s+ready\s+Office\s+{TransferRig.Account}\s+0", said);

        // The service uses what the verb has stored.
        var entry = await TransferRig.PutAsync(client, "a.bin", TransferRig.Bytes(1, 300_000));
        var made = await TransferRig.TransferAsync(client, id, null, entry);
        await TransferRig.UntilAsync(client, made.GetProperty("id").GetString()!, "done");
        (code, _) = await VerbAsync("connections", "remove", id);
        Assert.Equal((0, 0), (code, (await ListAsync()).GetArrayLength()));
        Assert.Equal(0, await service.StopAsync());

        async Task<JsonElement> ListAsync() =>
            (await client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items");

        async Task<(int Code, string Output)> VerbAsync(params string[] arguments)
        {
            await using var verb = ServiceProcess.Launch(service.DataDirectory, [.. arguments, .. settings]);
            return (await verb.ExitCodeAsync(), verb.Output);
        }
    }
}
