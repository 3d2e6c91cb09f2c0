using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Work that runs for a subject without a request is stopped when the subject's right ends.</summary>
public sealed class RunningWorkTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Tenant = "acme";

    private TestService _service = null!;
    private TestPeople _people = null!;

    private RunningCallers Running => Service<RunningCallers>();

    private Credentials Credentials => Service<Credentials>();

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _people = new TestPeople(_service);
        await Service<IPeopleLedger>().AddTenantAsync(Tenant, "Acme", default);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [InlineData("disabled user")]
    [InlineData("removed user")]
    [InlineData("lower role")]
    [InlineData("revoked key")]
    [InlineData("suspended tenant")]
    public async Task Work_is_stopped_with_the_right_and_that_of_others_goes_on(string end)
    {
        var user = await _people.UserAsync("ann", Role.Member, Tenant);
        using var client = await _people.ClientAsync(user, Tenant);
        var key = Guid.Parse(client.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single());
        var other = await _people.UserAsync("bob", Role.Member);
        using var work = await BeginAsync(Tenant, user.Subject, key);
        using var others = await BeginAsync(Caller.DefaultTenant, other.Subject, null);
        using var stopped = new SemaphoreSlim(0);
        await using var registration = work.Token.Register(() => stopped.Release());

        switch (end)
        {
            case "disabled user":
                await Service<IPeopleLedger>().ChangeUserAsync(user.Id, null, null, null, enabled: false, default);
                break;
            case "removed user":
                await Service<IPeopleLedger>().RemoveUserAsync(user.Id, default);
                break;
            case "lower role":
                await Service<IPeopleLedger>().SetRoleAsync(user.Id, Tenant, Role.Viewer, default);
                break;
            case "revoked key":
                await Service<IPeopleLedger>().RevokeKeyAsync(Tenant, key, default);
                break;
            default:
                await Service<IPeopleLedger>().ChangeTenantAsync(Tenant, null, suspended: true, default);
                break;
        }

        Assert.True(await stopped.WaitAsync(Eventually.Limit));
        Assert.True(work.HasLostRights);
        Assert.False(others.HasLostRights);
        Assert.False(others.Token.IsCancellationRequested);
        // New requests are refused, too.
        if (end == "lower role")
            Assert.False((await Credentials.OfSubjectAsync(Tenant, user.Subject, key, default))!.Scopes.HasFlag(Scopes.Upload));
        else
            Assert.Null(await Credentials.OfSubjectAsync(Tenant, user.Subject, key, default));
    }

    [Fact]
    public async Task Work_that_needs_less_than_was_taken_away_goes_on()
    {
        var user = await _people.UserAsync("ann", Role.Member);
        var reader = (await Credentials.OfSubjectAsync(Caller.DefaultTenant, user.Subject, null, default))! with { Scopes = Scopes.Read };
        using var work = Running.Begin(reader, Credentials.RecheckOf(reader.Tenant, reader.Subject, null), null, CancellationToken.None);
        using var writing = await BeginAsync(Caller.DefaultTenant, user.Subject, null);
        using var stopped = new SemaphoreSlim(0);
        await using var registration = writing.Token.Register(() => stopped.Release());
        await Service<IPeopleLedger>().SetRoleAsync(user.Id, Caller.DefaultTenant, Role.Viewer, default);
        Assert.True(await stopped.WaitAsync(Eventually.Limit));
        // Both were asked about at the same time.
        Assert.False(work.HasLostRights);
    }

    [Fact]
    public async Task Work_that_has_ended_is_not_asked_about()
    {
        var user = await _people.UserAsync("ann", Role.Member);
        var caller = (await Credentials.OfSubjectAsync(Caller.DefaultTenant, user.Subject, null, default))!;
        var asked = 0;
        using var looked = new SemaphoreSlim(0);
        var work = Running.Begin(caller, new CallerRecheck("ended", _ => Ask(() => asked++)), null, CancellationToken.None);
        work.Dispose();
        using var last = Running.Begin(caller, new CallerRecheck("runs", _ => Ask(() => looked.Release())), null, CancellationToken.None);
        Assert.True(await looked.WaitAsync(Eventually.Limit));
        Assert.True(await looked.WaitAsync(Eventually.Limit));
        Assert.Equal(0, asked);

        Task<Caller?> Ask(Action note)
        {
            note();
            return Task.FromResult<Caller?>(caller);
        }
    }

    [Fact]
    public async Task A_subject_is_found_in_its_own_tenant_only()
    {
        var user = await _people.UserAsync("ann", Role.Admin, Tenant);
        using var client = await _people.ClientAsync(user, Tenant);
        var key = Guid.Parse(client.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single());
        Assert.Equal(user.Subject, (await Credentials.OfSubjectAsync(Tenant, user.Subject, null, default))!.Subject);
        Assert.Equal(user.Subject, (await Credentials.OfSubjectAsync(Tenant, user.Subject, key, default))!.Subject);
        Assert.Null(await Credentials.OfSubjectAsync(Caller.DefaultTenant, user.Subject, null, default));
        Assert.Null(await Credentials.OfSubjectAsync(Caller.DefaultTenant, user.Subject, key, default));
        Assert.Null(await Credentials.OfSubjectAsync(Tenant, Caller.UserSubject(Guid.NewGuid()), key, default));
        Assert.Null(await Credentials.OfSubjectAsync(Tenant, $"link:{Guid.NewGuid():n}", null, default));
        Assert.True((await Credentials.OfSubjectAsync(Tenant, Caller.Operator.Subject, null, default))!.SeesAll);
    }

    private async Task<RunningWork> BeginAsync(string tenant, string subject, Guid? key)
    {
        var caller = await Credentials.OfSubjectAsync(tenant, subject, key, default);
        return Running.Begin(caller!, Credentials.RecheckOf(tenant, subject, key), null, CancellationToken.None);
    }

    private T Service<T>()
        where T : notnull => _service.Services.GetRequiredService<T>();
}
