using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The verb transfers, beside a running service.</summary>
public sealed class TransferVerbTests
{
    [Fact]
    public async Task An_operator_on_the_machine_lists_shows_pauses_resumes_and_cancels()
    {
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

        var (code, listed) = await VerbAsync("transfers", "list");
        Assert.Equal(0, code);
        Assert.Matches($@"(?m)^{transfer}\s+(running|scanning|queued)", listed);
        (_, listed) = await VerbAsync("transfers", "list", "--state=done");
        Assert.DoesNotContain(transfer, listed, StringComparison.Ordinal);
        (_, listed) = await VerbAsync("transfers", "list", "--json");
        Assert.Equal(transfer, JsonElement.Parse(listed.Split('\n')[0]).GetProperty("id").GetString());

        (code, _) = await VerbAsync("transfers", "pause", transfer);
        Assert.Equal(0, code);
        Assert.Equal("paused", (await TransferRig.GetAsync(client, transfer)).GetProperty("state").GetString());
        release.SetResult();
        (_, var shown) = await VerbAsync("transfers", "show", transfer);
        Assert.Matches(@"(?m)^state\s+paused$", shown);
        Assert.Matches(@"(?m)^from\s+http$", shown);
        Assert.DoesNotContain("canary", shown, StringComparison.Ordinal);
        await VerbAsync("transfers", "resume", transfer);
        await TransferRig.UntilAsync(client, transfer, "done");

        (code, var refused) = await VerbAsync("transfers", "cancel", transfer);
        Assert.Equal((2, true), (code, refused.Contains("has ended", StringComparison.Ordinal)));
        (code, refused) = await VerbAsync("transfers", "list", "--state=lost");
        Assert.Equal((2, true), (code, refused.Contains("--state must be one of", StringComparison.Ordinal)));
        Assert.Equal(0, await service.StopAsync());

        async Task<(int Code, string Output)> VerbAsync(params string[] arguments)
        {
            await using var verb = ServiceProcess.Launch(service.DataDirectory, arguments);
            return (await verb.ExitCodeAsync(), verb.Output);
        }
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
