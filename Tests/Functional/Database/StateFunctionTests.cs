using ChunkUpload.Tests.Support;
using Dapper;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>SQL and C# mean the same by the names of several states.</summary>
public sealed class StateFunctionTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>
{
    [Fact]
    public async Task Sql_and_core_agree_on_every_state_of_uploads()
    {
        await using var connection = await fixture.OpenAsync();
        foreach (var state in Enum.GetValues<UploadState>())
        {
            var row = await connection.QuerySingleAsync<(bool Present, bool Ended, bool TakesBytes, bool Received, bool Unfinished)>(
                "select is_present(@State), is_ended(@State), takes_bytes(@State), is_received(@State), is_unfinished(@State)",
                new { State = state.Word() });
            var upload = Of(state);
            Assert.Equal(BackgroundWork.IsEnded(state), row.Ended);
            Assert.Equal(!row.Ended, row.Present);
            Assert.Equal(upload.IsReceived, row.Received);
            Assert.Equal(upload.IsLive && !upload.IsReceived, row.Unfinished);
            Assert.Equal(state is UploadState.Open or UploadState.Paused, row.TakesBytes);
        }
    }

    private static Upload Of(UploadState state) => new()
    {
        Id = UploadId.New(),
        Tenant = "default",
        Subject = "user:x",
        Protocol = UploadProtocol.Tus,
        State = state,
        StateAt = default,
        FileName = "x",
        ContentType = "text/plain",
        Metadata = new Dictionary<string, string>(),
        CreatedAt = default,
        IdleAllowance = TimeSpan.FromHours(1),
    };
}
