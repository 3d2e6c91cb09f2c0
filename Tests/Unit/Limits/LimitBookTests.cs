using System.Reflection;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>Limits of one kind do not set aside the defaults of the others.</summary>
public sealed class LimitBookTests
{
    private static readonly PropertyInfo[] Numbers =
        [.. typeof(LimitValues).GetProperties().Where(property => property.PropertyType == typeof(long?))];

    [Theory]
    [InlineData(LimitScope.Tenant)]
    [InlineData(LimitScope.User)]
    public async Task A_value_that_is_not_set_is_the_default_of_its_kind(LimitScope scope)
    {
        var caller = new Caller("acme", Caller.UserSubject(Guid.NewGuid()));
        var own = scope == LimitScope.Tenant ? LimitTarget.OfTenant("acme") : LimitTarget.OfSubject("acme", caller.Subject)!;
        var standard = Of(Enumerable.Range(100, Numbers.Length).ToArray());
        for (var set = 0; set < Numbers.Length; set++)
        {
            var ledger = new FakeLimitLedger();
            var only = new LimitValues();
            Numbers[set].SetValue(only, 7L);
            ledger.Rows[LimitTarget.DefaultOf(scope)] = standard;
            ledger.Rows[own] = only;
            var book = new LimitBook(ledger);
            await book.LoadAsync(default);
            var (target, values) = Assert.Single(book.Of(caller));
            Assert.Equal(own, target);
            for (var i = 0; i < Numbers.Length; i++)
                Assert.Equal(i == set ? 7L : 100L + i, Numbers[i].GetValue(values));
        }
    }

    private static LimitValues Of(int[] numbers)
    {
        var values = new LimitValues();
        for (var i = 0; i < numbers.Length; i++)
            Numbers[i].SetValue(values, (long)numbers[i]);
        return values;
    }
}
