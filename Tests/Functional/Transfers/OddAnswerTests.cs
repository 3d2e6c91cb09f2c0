using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Answers of storages that cannot be read are failures of the storage, not of the service.</summary>
public sealed class OddAnswerTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"files":[null]}""")]
    [InlineData("""{"files":[5]}""")]
    [InlineData("""{"files":[{"id":"x","name":"\ud800"}]}""")]
    public async Task A_list_of_Google_Drive_that_cannot_be_read_says_so(string body)
    {
        var connection = await places.Rig.Google.ConnectAsync(places.Client);
        _ = places.Rig.Google.Drive.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "files\\?" }, Answer(body));
        await RefusedAsync(connection);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"value":[null]}""")]
    [InlineData("""{"value":[{"id":"x","name":"\ud800"}]}""")]
    public async Task A_list_of_OneDrive_that_cannot_be_read_says_so(string body)
    {
        var connection = await places.Rig.ConnectAsync(places.Client, OneDriveRig.Ann);
        _ = places.Rig.Graph.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "children" }, Answer(body));
        await RefusedAsync(connection);
    }

    private static FaultAction Answer(string body) => new() { Kind = "status", Code = 200, Body = JsonSerializer.SerializeToElement(body) };

    private async Task RefusedAsync(string connection)
    {
        using var answer = await places.Client.GetAsync($"/api/connections/{connection}/items?folder=root");
        var refusal = await TransferRig.ReadAsync(answer, 409);
        Assert.Contains("cannot be read", refusal.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
