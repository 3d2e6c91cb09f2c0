using ChunkUpload.Api;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Fsck;

/// <summary>How verbs find out whether a service, another verb or nothing uses the data directory.</summary>
public sealed class FsckTargetTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_second_verb_waits_until_the_first_has_ended()
    {
        await using var service = await TestService.StartAsync(postgres);
        await service.StopAsync();
        await using var first = Compose(service.DataDirectory, service.ConnectionString);
        await using var second = Compose(service.DataDirectory, service.ConnectionString);
        Task<IFsckVisit> waiting;
        await using (var visit = await OpenAsync(first))
        {
            Assert.False(visit.ServiceRuns);
            waiting = OpenAsync(second);
        }

        await using var alone = await waiting;
        Assert.False(alone.ServiceRuns);
    }

    [Fact]
    public async Task A_verb_beside_a_starting_service_waits_until_that_is_ready()
    {
        await using var service = await TestService.StartAsync(postgres);
        await service.StopAsync();
        using var starting = new DataDirectory(new DataOptions { Directory = service.DataDirectory }, TimeProvider.System);
        starting.Open();
        await using var verb = Compose(service.DataDirectory, service.ConnectionString);
        var waiting = OpenAsync(verb);
        starting.Announce("http://uploads.example");

        await using var visit = await waiting;
        Assert.Equal((true, "http://uploads.example"), (visit.ServiceRuns, visit.ServiceAddress));
    }

    [Fact]
    public async Task The_address_of_a_stopped_service_is_forgotten()
    {
        await using var service = await TestService.StartAsync(postgres);
        var file = Path.Combine(service.DataDirectory, "lock");
        Assert.Null(DataDirectoryLock.TryTake(service.DataDirectory, out var holder));
        Assert.Equal(service.Address, new Uri(holder.Address!));
        await service.StopAsync();

        Assert.Empty(await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_ledger_of_a_newer_version_is_refused_for_every_verb()
    {
        await using var service = await TestService.StartAsync(postgres);
        await service.StopAsync();
        await using (var connection = new NpgsqlConnection(service.ConnectionString))
            await connection.ExecuteAsync("update chunkupload.function_set set number = number + 1");
        await using var verb = Compose(service.DataDirectory, service.ConnectionString);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => OpenAsync(verb));

        Assert.EndsWith("use that version.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_this_user_may_not_look_into_is_not_taken_for_another_folder()
    {
        using var folder = new TempFolder();
        // Fails for root, too, which no missing permission stops.
        File.CreateSymbolicLink(folder["closed"], folder["closed"]);
        await using var verb = Compose(folder["closed"], await postgres.CreateDatabaseAsync());

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => OpenAsync(verb));

        Assert.Contains("cannot be read", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("run it as the user that the service runs as.", refused.Message, StringComparison.Ordinal);
    }

    private static WebApplication Compose(string directory, string ledger) =>
        Program.Compose(ServiceConfiguration.Load(new ConfigurationSources().AddCommandLine(
        [
            KeyValuePair.Create("Data:Directory", directory),
            KeyValuePair.Create("ConnectionStrings:Ledger", ledger),
            KeyValuePair.Create("Log:Level", "None"),
        ])));

    private static Task<IFsckVisit> OpenAsync(WebApplication verb) =>
        verb.Services.GetRequiredService<IFsckTarget>().OpenAsync(CancellationToken.None);
}
