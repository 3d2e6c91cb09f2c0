namespace ChunkUpload.Tests.Support;

internal static class Eventually
{
    /// <summary>Waits until a condition holds; fails after half a minute.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> holds)
    {
        for (var left = 600; !await holds(); left--)
        {
            Assert.True(left > 0, "It did not come to hold.");
            await Task.Delay(50);
        }
    }
}
