using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Browser;

/// <summary>The pages of pairs in Chromium, with a folder of the machine that follows one of the service.</summary>
public sealed class SyncPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleTheory]
    [ReleaseData("syncsWide")]
    [InlineData("syncsNarrow")]
    public async Task A_person_keeps_two_folders_in_step_and_answers_what_the_pair_asks(string scenario)
    {
        using var disk = new TempFolder();
        await using var service = await ConsoleRig.ServiceAsync(
            postgres,
            new Dictionary<string, string> { ["Connections:Folders"] = $"Disk|{disk.Path}|both|operator" },
            services => services.AddSingleton(new FolderCalls(Syscalls.Real, null)));
        for (var number = 0; number < 8; number++)
            await TransferRig.PutAsync(service.Client, $"photos/{number}.txt", [(byte)number]);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "remove", async () =>
        {
            for (var number = 0; number < 3; number++)
            {
                using var gone = await service.Client.DeleteAsync($"/api/tree/photos/{number}.txt");
                Assert.True(gone.IsSuccessStatusCode);
            }
        });
        await ConsoleRig.AtAsync(browser, "change", async () =>
        {
            Assert.Equal(5, Directory.GetFiles(disk.Path, "*.txt").Length);
            await TransferRig.PutAsync(service.Client, "photos/new.txt", [9]);
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("bandwidth", result.GetProperty("refused").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("1", result.GetProperty("counted").GetString());
        Assert.Equal(6, Directory.GetFiles(disk.Path, "*.txt").Length);
    }
    [ConsoleTheory]
    [InlineData("conflictsWide")]
    [ReleaseData("conflictsNarrow")]
    public async Task A_person_compares_both_files_of_a_conflict_decides_and_takes_the_other_one(string scenario)
    {
        using var disk = new TempFolder();
        await using var service = await ConsoleRig.ServiceAsync(
            postgres,
            new Dictionary<string, string> { ["Connections:Folders"] = $"Disk|{disk.Path}|both|operator" },
            services => services.AddSingleton(new FolderCalls(Syscalls.Real, null)));
        var client = service.Client;
        string[] names = ["plan.csv", "notes.txt"];
        foreach (var name in names)
            await TransferRig.PutAsync(client, $"tender/{name}", "both\n"u8.ToArray());
        var connections = await client.GetFromJsonAsync<JsonElement>("/api/connections");
        using var made = await client.PostAsJsonAsync(
            "/api/syncs",
            new
            {
                title = "Tender",
                way = "both",
                left = new { folder = await TransferRig.EntryAsync(client, "tender") },
                right = new { connection = connections.GetProperty("items")[0].GetProperty("id").GetString(), folder = "." },
            });
        var pair = $"/api/syncs/{(await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()}";
        await UntilAsync("in_step");
        using (await client.PostAsync($"{pair}/pause", null))
        {
            foreach (var name in names)
            {
                using var changed = await client.PutAsync(
                    $"/api/tree/tender/{name}?conflict=replace", new ByteArrayContent("both\nleft\n"u8.ToArray()));
                Assert.True(changed.IsSuccessStatusCode);
                await File.WriteAllTextAsync(Path.Combine(disk.Path, name), "both\nright\n");
            }
        }

        using (await client.PostAsync($"{pair}/resume", null))
            await UntilAsync("needs_you");
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
        await Eventually.HoldsAsync(async () => await File.ReadAllTextAsync(Path.Combine(disk.Path, "plan.csv")) == "both\nright\n");
        Assert.Equal(3, Directory.GetFiles(disk.Path).Count(file => !Path.GetFileName(file).StartsWith('.')));

        Task UntilAsync(string state) => Eventually.HoldsAsync(
            async () => (await client.GetFromJsonAsync<JsonElement>(pair)).GetProperty("state").GetString() == state);
    }
}
