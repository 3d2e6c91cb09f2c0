using System.Runtime.CompilerServices;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// The waits of all tests. A wait ends with the awaited condition or event. Its limit only ends a test that would hang, so no test measures
/// with it.
/// </summary>
internal static class Eventually
{
    /// <summary>The limit of each wait. It is generous, because the tests share a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="holds">Returns whether the condition holds.</param>
    /// <param name="condition">The condition in the message of a failure; default: the source text of the condition.</param>
    public static Task HoldsAsync(Func<Task<bool>> holds, [CallerArgumentExpression(nameof(holds))] string condition = "") =>
        BecomesAsync(holds, isExpected: held => held, condition);

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, string)"/>
    public static Task HoldsAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string condition = "") =>
        BecomesAsync(() => Task.FromResult(holds()), isExpected: held => held, condition);

    /// <summary>Reads a value until it is as expected, and returns it.</summary>
    /// <param name="read">Reads the value.</param>
    /// <param name="isExpected">Returns whether the value is as expected.</param>
    /// <param name="condition">The condition in the message of a failure; default: the source text of the condition.</param>
    /// <param name="describe">Returns more about the last value for the message of a failure.</param>
    public static async Task<T> BecomesAsync<T>(
        Func<Task<T>> read, Func<T, bool> isExpected, [CallerArgumentExpression(nameof(isExpected))] string condition = "",
        Func<Task<string>>? describe = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(1); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var value = await read();
            if (isExpected(value))
                return value;
            if (TimeProvider.System.GetElapsedTime(began) > Limit)
                throw new TimeoutException(
                    $"Waited {Limit} in vain for: {condition}\nLast value: {value}\n{(describe is null ? "" : await describe())}");
            await Task.Delay(pause);
        }
    }
}
