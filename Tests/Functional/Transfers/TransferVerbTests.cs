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
            if (number == 3 && reached.TrySetResult())
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
}
