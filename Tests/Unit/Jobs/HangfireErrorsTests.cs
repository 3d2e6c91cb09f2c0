using System.Transactions;
using ChunkUpload.Infrastructure.Jobs;
using Hangfire;
using Npgsql;

namespace ChunkUpload.Tests.Unit.Jobs;

public sealed class HangfireErrorsTests
{
    private static readonly PostgresException Away = new("terminating connection due to administrator command", "FATAL", "FATAL", "57P01");

    [Fact]
    public void A_database_that_goes_away_is_recognized_however_it_is_wrapped()
    {
        Assert.True(HangfireErrors.IsTransient(Away));
        Assert.True(HangfireErrors.IsTransient(new BackgroundJobClientException("failed", Away)));
        // The server was stopped while the transaction that makes a job committed.
        Assert.True(HangfireErrors.IsTransient(
            new BackgroundJobClientException("failed", new TransactionAbortedException("aborted", Away))));
    }

    [Fact]
    public void A_defect_is_not_taken_for_an_unavailable_database()
    {
        Assert.False(HangfireErrors.IsTransient(new InvalidOperationException()));
        Assert.False(HangfireErrors.IsTransient(new BackgroundJobClientException("failed", new InvalidOperationException())));
        Assert.False(HangfireErrors.IsTransient(new TransactionAbortedException("aborted")));
    }
}
