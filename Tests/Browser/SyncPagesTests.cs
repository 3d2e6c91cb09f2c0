using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Browser;

/// <summary>The pages of pairs in Chromium, with a folder of the machine that follows one of the service.</summary>
public sealed class SyncPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleTheory]
    [InlineData("syncsWide")]
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
}
