namespace OrleansGateway.Tests.Conformance;

/// <summary>Errors are <c>application/problem+json</c> (RFC 9457) with type, title, status and detail, and never a stack trace.</summary>
internal static class Problems
{
    /// <summary>Checks one.</summary>
    /// <param name="answer">What came.</param>
    /// <param name="status">The status.</param>
    /// <param name="detail">What its detail says; null for an answer without a body, to a <c>HEAD</c>.</param>
    public static void Check(Answer answer, int status, string? detail = "")
    {
        Assert.True(status == answer.Status, $"{status} was expected and {answer.Head.StatusLine} came: {answer.Text}");
        Assert.InRange(answer.Status, 400, 599);
        Assert.Equal("application/problem+json", answer["Content-Type"]);
        if (detail is null)
        {
            Assert.Empty(answer.Body);
            return;
        }

        Assert.Equal(["type", "title", "status", "detail"], answer.Json.EnumerateObject().Select(x => x.Name));
        Assert.StartsWith("urn:", answer.Json.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(answer.Json.GetProperty("title").GetString()!);
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        Assert.Contains(detail, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        Assert.Null(answer["Message-Id"]);
    }
}
